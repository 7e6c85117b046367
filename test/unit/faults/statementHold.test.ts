import { FrameReader } from '../../../faults/proxy/frames';
import { MOMENTS, type Moment, StatementHold } from '../../../faults/proxy/statementHold';

function frame(type: string, ...parts: string[]): Buffer {
  const body = Buffer.from(parts.map((part) => `${part}\0`).join(''));
  const head = Buffer.alloc(type.length + 4);
  head.write(type);
  head.writeInt32BE(4 + body.length, type.length);
  return Buffer.concat([head, body]);
}

const STARTUP = frame('', 'user', 'postrider');
const BIND = frame('B', '', 'accept');
const EXECUTE = frame('E', '');
const SYNC = frame('S');
const COMPLETE = frame('C', 'SELECT 1');
const READY = frame('Z', 'I');

/** What has passed each way when the statement has been sent and the server has answered what reached it. */
async function play(moment: Moment, statement = 'accept') {
  const hold = new StatementHold();
  let isTold = false;
  void hold.next({ statements: ['accept'], moment }).then(() => {
    isTold = true;
  });
  const tap = hold.tap();
  const toServer: Buffer[] = [];
  const toClient: Buffer[] = [];
  const sent = Buffer.concat([STARTUP, frame('B', '', statement), EXECUTE, SYNC]);
  // In pieces that no message begins or ends with.
  for (let i = 0; i < sent.length; i += 7) tap.fromClient(sent.subarray(i, i + 7), (bytes) => toServer.push(bytes));
  if (Buffer.concat(toServer).includes(SYNC)) {
    tap.fromServer(Buffer.concat([COMPLETE, READY]), (bytes) => toClient.push(bytes));
  }
  await Promise.resolve();
  return { isTold, toServer: Buffer.concat(toServer), toClient: Buffer.concat(toClient) };
}

test.each<[Moment, Buffer[], Buffer[]]>([
  ['unsent', [STARTUP], []],
  ['executed', [STARTUP, BIND, EXECUTE], []],
  ['committing', [STARTUP, BIND, EXECUTE, SYNC], [COMPLETE, READY]],
  ['committed', [STARTUP, BIND, EXECUTE, SYNC], []],
])('%s: what is held, and what has passed', async (moment, toServer, toClient) => {
  expect(await play(moment)).toEqual({
    isTold: true,
    toServer: Buffer.concat(toServer),
    toClient: Buffer.concat(toClient),
  });
});

test.each(MOMENTS)('%s: another statement passes', async (moment) => {
  const all = Buffer.concat([STARTUP, frame('B', '', 'claim'), EXECUTE, SYNC]);
  expect(await play(moment, 'claim')).toEqual({
    isTold: false,
    toServer: all,
    toClient: Buffer.concat([COMPLETE, READY]),
  });
});

test('messages are the same whatever the pieces they come in', () => {
  const all = Buffer.concat([STARTUP, BIND, EXECUTE, SYNC]);
  for (const size of [1, 2, 3, 5, 8, 13, all.length]) {
    const reader = new FrameReader(true);
    const types: (string | null)[] = [];
    for (let i = 0; i < all.length; i += size) {
      types.push(...reader.read(all.subarray(i, i + size)).map(({ type }) => type));
    }
    expect(types).toEqual([null, 'B', 'E', 'S']);
  }
});

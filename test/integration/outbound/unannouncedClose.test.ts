import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { createHttpClient, type HttpClient } from '../../../src/outbound/httpClient';
import { type RawReceiver, type RawRequest, startRawReceiver } from '../../support/rawReceiver';
import { selfSignedCertificate } from './selfSignedCertificate';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

let client: HttpClient;
let receiver: RawReceiver;

beforeEach(() => {
  client = createHttpClient({ egress: createEgressPolicy({ allow: ['127.0.0.1/32'] }) });
});
afterEach(async () => {
  await client.close();
  await receiver.stop();
});

const post = (more: { mayBegin?: () => boolean; id?: string; timeoutMs?: number } = {}) =>
  client.post({ url: receiver.url, headers: { 'webhook-id': more.id ?? 'd' }, body: '{}', timeoutMs: 10_000, ...more });

const idOf = ({ head }: RawRequest) => /webhook-id: *(\S+)/i.exec(head)?.[1];

/** Ends the connection some milliseconds after each answer, without a word of it in the answer. */
const end = (socket: Socket): void => void socket.end();
const reset = (socket: Socket): void => void socket.resetAndDestroy();

const closingAfter = (ms: number) => (socket: Socket) => {
  if (ms === 0) return void socket.end(OK);
  socket.write(OK);
  setTimeout(() => socket.end(), ms);
};

describe.each([0, 1, 5, 30])('a receiver that closes %i ms after each answer', (ms) => {
  test('takes what comes one after the other', async () => {
    receiver = await startRawReceiver(closingAfter(ms));
    for (let n = 0; n < 40; n += 1) {
      expect(await post({ id: `d${n}` })).toMatchObject({ statusCode: 200, fault: null });
      if (n % 4 === 0) await sleep(ms);
    }
  });

  test('takes a burst', async () => {
    receiver = await startRawReceiver(closingAfter(ms));
    const left = Array.from({ length: 150 }, (_, n) => `d${n}`);
    const statuses: (number | null)[] = [];
    const sendOn = async () => {
      for (let id = left.shift(); id; id = left.shift()) statuses.push((await post({ id })).statusCode);
    };
    await Promise.all(Array.from({ length: 10 }, sendOn));
    expect(statuses).toEqual(Array(150).fill(200));
  });
});

test('a receiver that closes connections which are idle for half a second is called around that moment', async () => {
  receiver = await startRawReceiver((socket) => {
    socket.write(OK);
    socket.setTimeout(500, () => socket.end());
  });
  await post();
  for (let waitMs = 497; waitMs <= 503; waitMs += 0.5) {
    await sleep(waitMs);
    expect(await post()).toMatchObject({ statusCode: 200 });
  }
}, 20_000);

test('a receiver that closes with its answer is never called on the connection that ends', async () => {
  receiver = await startRawReceiver(closingAfter(0));
  for (let n = 0; n < 20; n += 1) await post();
  expect(receiver.requests.map(({ onConnection }) => onConnection)).toEqual(Array(20).fill(1));
});

/** Answers the first request of the first connection; of every other what `then` does. */
const goodOnce = (then: (socket: Socket, request: RawRequest) => void) => (socket: Socket, request: RawRequest) => {
  if (request.connection === 1 && request.onConnection === 1) socket.write(OK);
  else then(socket, request);
};

test.each([
  ['FIN', end],
  ['RST', reset],
] as const)(
  '%s on a used connection before any byte: called again at once on a fresh one, the very same',
  async (_, breakOff) => {
    receiver = await startRawReceiver(
      goodOnce((socket, { connection }) => (connection === 1 ? breakOff(socket) : void socket.write(OK))),
    );
    await post({ id: 'first' });
    expect(await post({ id: 'second' })).toMatchObject({ statusCode: 200, fault: null });
    const [, lost, repeated] = receiver.requests;
    expect([lost && idOf(lost), repeated && idOf(repeated), repeated?.connection]).toEqual(['second', 'second', 2]);
    expect(repeated?.head).toBe(lost?.head);
    expect(receiver.requests).toHaveLength(3);
  },
);

test('the fresh one breaks too: not called a third time', async () => {
  receiver = await startRawReceiver(goodOnce((socket) => void socket.end()));
  await post();
  expect(await post()).toMatchObject({ statusCode: null, fault: 'reset' });
  expect(receiver.requests).toHaveLength(3);
});

test('both calls share one deadline', async () => {
  // The first connection's second request is broken off late; all that comes later hangs.
  receiver = await startRawReceiver(
    goodOnce((socket, { connection }) => void (connection === 1 && setTimeout(() => socket.end(), 900))),
  );
  await post();
  const ended: string[] = [];
  const endOf = async (name: string, timeoutMs: number) => {
    await post({ timeoutMs });
    ended.push(name);
  };
  await Promise.all([endOf('called twice', 1_200), endOf('called once', 1_700)]);
  expect(ended).toEqual(['called twice', 'called once']);
  expect(receiver.requests).toHaveLength(4);
});

test.each(['H', 'HTTP/1.1 2', 'HTTP/1.1 100 Continue\r\n\r\n', '\r\n'])(
  'after %j it is not called again',
  async (bytes) => {
    receiver = await startRawReceiver(goodOnce((socket) => void socket.end(bytes)));
    await post();
    expect(await post()).toMatchObject({ statusCode: null, fault: 'reset' });
    expect(receiver.requests).toHaveLength(2);
  },
);

test.each([
  ['FIN', end],
  ['RST', reset],
] as const)('%s on a fresh connection: not called again', async (_, breakOff) => {
  receiver = await startRawReceiver(breakOff);
  expect(await post()).toMatchObject({ statusCode: null, fault: 'reset' });
  expect(receiver.requests).toHaveLength(1);
});

test('what was steered meanwhile is not called again, and the call that was made counts', async () => {
  let isAllowed = true;
  receiver = await startRawReceiver(
    goodOnce((socket) => {
      isAllowed = false;
      socket.end();
    }),
  );
  await post();
  let asked = 0;
  const mayBegin = () => {
    asked += 1;
    return isAllowed;
  };
  expect(await post({ mayBegin })).toMatchObject({ statusCode: null, fault: 'reset' });
  expect([asked, receiver.requests.length]).toEqual([2, 2]);
});

test('over TLS too', async () => {
  const tls = selfSignedCertificate('127.0.0.1');
  await client.close();
  client = createHttpClient({ egress: createEgressPolicy({ allow: ['127.0.0.1/32'] }), ca: [tls.cert] });
  receiver = await startRawReceiver(closingAfter(1), { tls });
  for (let n = 0; n < 40; n += 1) expect(await post()).toMatchObject({ statusCode: 200, fault: null });
});

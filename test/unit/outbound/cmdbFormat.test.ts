import { compileExpression, PatternError, statusesOf } from '../../../src/domain/cmdbConfirmation';
import { createCmdbFormat } from '../../../src/outbound/formats/cmdb';
import { PatternThread } from '../../../src/outbound/patternThread';

const { body, read } = createCmdbFormat();
const EVENT = {
  ...{ id: 'e1', tenantId: 'acme', source: 'cc', topic: 'host', type: 'create', status: '1', key: 'k' },
  changes: '[{"ratio": 1.0, "id": 12345678901234567890}]',
  acceptedAt: new Date('2026-01-02T03:04:05.678Z'),
};

test('the callback, with the changes as the text that came', () => {
  const bytes = body({ deliveryId: 'd1', topic: 'hostcreate', event: EVENT, interfaceData: {} });
  expect(`${bytes}`).toBe(
    '{"event_id":"e1","event_type":"hostcreate","action":"create","action_time":"2026-01-02 03:04:05","obj_type":"host",' +
      `"bk_supplier_account":"acme","request_id":"e1","data":${EVENT.changes}}`,
  );
});

const bytesOf = (text: string) => new TextEncoder().encode(text);
const byBody = (confirmPattern: string, text: string | Uint8Array) =>
  read(
    { statusCode: 200, body: typeof text === 'string' ? bytesOf(text) : text },
    { confirmMode: 'regular', confirmPattern },
  );

test.each([
  ['200', 200, true, null],
  ['200', 204, false, 'status 204 is not one of 200'],
  ['200', 500, false, null],
  ['200, 410', 410, true, null],
])('status %s: %d', (confirmPattern, statusCode, isAcknowledged, error) => {
  const reading = read({ statusCode, body: bytesOf('') }, { confirmMode: 'httpstatus', confirmPattern });
  expect(reading).toEqual({ isAcknowledged, error });
});

const FOUND = { isAcknowledged: true, error: null };
const NOT_FOUND = { isAcknowledged: false, error: 'the answer does not match the pattern' };

test.each([
  ['ok', 'not ok at all', FOUND],
  ['^ok$', 'not ok', NOT_FOUND],
  ['^ok', '\ufeffok', FOUND],
  ['(?i)OK', 'ok', FOUND],
  ['a\ufffdb', Buffer.from([0x61, 0xff, 0x62]), FOUND],
  ['', '', FOUND],
])('a small answer is read at once: %s in %s', (pattern, text, reading) => {
  expect(byBody(pattern, text)).toEqual(reading);
});

/** 64 KiB without any regularity: as much work as there can be. */
function costlyText(): string {
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  return `${Array.from({ length: 65_535 }, () => 'ab'[random() & 1]).join('')}!`;
}
const COSTLY = costlyText();

test('a large one is read beside the event loop, which goes on turning', async () => {
  const thread = new PatternThread({ withinMs: 60_000 });
  let isDone = false;
  const found = thread.isFound({ pattern: '[ab]*a[ab]{400}[c-z]', text: COSTLY }).finally(() => {
    isDone = true;
  });
  let turns = 0;
  for (; !isDone; turns++) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(turns).toBeGreaterThan(10);
  expect(await found).toBe(false);
}, 70_000);

test.each([
  ['(a+)+$', NOT_FOUND],
  ['!$', FOUND],
])('%s in 64 KiB', async (pattern, reading) => {
  const read = byBody(pattern, COSTLY);
  expect(read).toBeInstanceOf(Promise);
  expect(await read).toEqual(reading);
});

test('what takes too long is answered for, and what comes later is found', async () => {
  const thread = new PatternThread({ withinMs: 500 });
  const costly = { pattern: '[ab]*a[ab]{400}[c-z]', text: COSTLY };
  const many = Array.from({ length: 40 }, () => thread.isFound(costly));
  expect(await Promise.all(many)).toContain(null);
  // The thread that was at it is gone, and a machine that is busy starts the next one slowly.
  let found: boolean | null = null;
  for (let asked = 0; asked < 20 && found === null; asked++)
    found = await thread.isFound({ pattern: '!$', text: COSTLY });
  expect(found).toBe(true);
}, 30_000);

test('statuses', () => {
  expect(statusesOf(' 200,410 ')).toEqual([200, 410]);
  for (const wrong of ['', ',', '200,', 'ok', '99', '600', '1e2', '200;201']) expect(statusesOf(wrong)).toBeNull();
});

test('expressions', () => {
  for (const wrong of ['(', '(?=a)', '(a)\\1', 'a{1001}', '[ab]{600}x|[cd]{600}y']) {
    expect(() => compileExpression(wrong)).toThrow(PatternError);
  }
});

import { compileQuickExpression, statusesOf } from '../../../src/domain/cmdbConfirmation';
import { createCmdbFormat } from '../../../src/outbound/formats/cmdb';
import { Patterns } from '../../../src/outbound/patterns/patterns';

const patterns = new Patterns();
const { body, read } = createCmdbFormat(patterns);
const SHARE = { tenantId: 'acme', flow: 'subscription' };
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
    { interfaceData: { confirmMode: 'regular', confirmPattern }, share: SHARE },
  );

test.each([
  ['200', 200, true, null, null],
  ['200', 204, false, 'status_not_expected', 'status 204 is not one of 200'],
  ['200', 500, false, null, null],
  ['200, 410', 410, true, null, null],
])('status %s: %d', (confirmPattern, statusCode, isAcknowledged, fault, error) => {
  const interfaceData = { confirmMode: 'httpstatus', confirmPattern };
  const reading = read({ statusCode, body: bytesOf('') }, { interfaceData, share: SHARE });
  expect(reading).toEqual({ isAcknowledged, fault, error });
});

const FOUND = { isAcknowledged: true, fault: null, error: null };
const NOT_FOUND = {
  ...{ isAcknowledged: false, fault: 'pattern_not_found' },
  error: 'the answer does not match the pattern',
};

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

test.each([
  ['(a+)+$', `${'ab'.repeat(32_767)}!`, NOT_FOUND],
  ['!$', `${'ab'.repeat(32_767)}!`, FOUND],
  ['(?i)\\pL{5}', 'answer', FOUND],
  ['^o{2}$', 'oo', FOUND],
])('%s is asked of the thread', async (pattern, text, reading) => {
  const read = byBody(pattern, text);
  expect(read).toBeInstanceOf(Promise);
  expect(await read).toEqual(reading);
});

test('a pattern that is none, stored however, acknowledges nothing and says so', async () => {
  expect(await byBody('(', 'ok')).toEqual({
    ...{ isAcknowledged: false, fault: 'pattern_not_evaluated' },
    error: expect.stringContaining('could not be evaluated'),
  });
});

test('statuses', () => {
  expect(statusesOf(' 200,410 ')).toEqual([200, 410]);
  for (const wrong of ['', ',', '200,', 'ok', '99', '600', '1e2', '200;201']) expect(statusesOf(wrong)).toBeNull();
});

test('what is compiled on the event loop is short and simple', () => {
  for (const quick of ['ok', '(?i)OK', '^"errcode":0$']) expect(compileQuickExpression(quick)).not.toBeNull();
  for (const slow of ['(', 'a{2}', '\\pL', '\\PL', 'a'.repeat(65)]) expect(compileQuickExpression(slow)).toBeNull();
});

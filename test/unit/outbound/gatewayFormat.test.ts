import type { StoredEvent } from '../../../src/domain/delivery';
import { gatewayFormat } from '../../../src/outbound/formats/gateway';

const TAG = 'MOZI_VDS_TENANT_CHANGE|ORGANIZATION_ADD_UPDATE';
const EVENT: StoredEvent = {
  id: '01920000-0000-7000-8000-000000000000',
  tenantId: 'dt',
  source: 'a',
  topic: 'MOZI_VDS_TENANT_CHANGE',
  type: 'ORGANIZATION_ADD_UPDATE',
  status: '1',
  key: 'k',
  changes: '[{"tag":"ORGANIZATION_ADD_UPDATE"}]',
  acceptedAt: new Date('2026-03-04T05:06:07.089Z'),
};

const FORM = 'application/x-www-form-urlencoded;charset=UTF-8';

function formOf(changes = EVENT.changes): Record<string, string> {
  const deliveryId = '0e276c97-c3f9-44c2-88ab-335123991c45';
  const body = gatewayFormat.body({ deliveryId, topic: TAG, event: { ...EVENT, changes }, interfaceData: {} });
  return Object.fromEntries(new URLSearchParams(Buffer.from(body).toString('utf8')));
}

describe('a message', () => {
  test('is the published one, form-encoded', () => {
    expect(gatewayFormat.contentTypeOf({ format: 'form' })).toBe(FORM);
    // A registration that is older than the choice.
    expect(gatewayFormat.contentTypeOf({})).toBe(FORM);
    expect(formOf()).toEqual({
      eventTag: TAG,
      dispatchId: '0e276c97-c3f9-44c2-88ab-335123991c45',
      sourceMessageId: EVENT.id,
      callbackMessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      content: '{"tag":"ORGANIZATION_ADD_UPDATE"}',
    });
  });

  test('is the published one, as JSON', () => {
    const interfaceData = { format: 'json' };
    expect(gatewayFormat.contentTypeOf(interfaceData)).toBe('application/json');
    const changes = '[ {"RealmId":9223372036854775807, "s":"\\u4e3b\\ud800"} ]';
    const body = gatewayFormat.body({ deliveryId: 'd1', topic: TAG, event: { ...EVENT, changes }, interfaceData });
    const text = Buffer.from(body).toString('utf8');
    expect(JSON.parse(text)).toEqual({
      eventTag: TAG,
      dispatchId: 'd1',
      sourceMessageId: EVENT.id,
      callbackMessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      content: expect.anything(),
    });
    // As it was published: no number is rounded, nothing is escaped anew.
    expect(text).toContain('"content":{"RealmId":9223372036854775807, "s":"\\u4e3b\\ud800"}}');
  });

  test('has a callbackMessageId of its own on every call', () => {
    expect(formOf().callbackMessageId).not.toBe(formOf().callbackMessageId);
  });

  test.each([
    ['[{"RealmId":9223372036854775807, "f":1.0}]', '{"RealmId":9223372036854775807, "f":1.0}'],
    [' [\n { "a" : "]" } \t] ', '{ "a" : "]" }'],
    ['[{}]', '{}'],
    ['[{"a":1},{"a":2}]', '[{"a":1},{"a":2}]'],
    ['[ 12345678901234567890 ]', '[ 12345678901234567890 ]'],
    ['["id1"]', '["id1"]'],
    ['[[{"a":1}]]', '[[{"a":1}]]'],
    ['[null]', '[null]'],
    ['[{"s":"主 & 角 = + % \\u4e3b"}]', '{"s":"主 & 角 = + % \\u4e3b"}'],
  ])('has the content of %s as it came', (changes, content) => {
    expect(formOf(changes).content).toBe(content);
  });
});

describe('an answer', () => {
  const read = (body: string | Uint8Array, statusCode = 200) =>
    gatewayFormat.read({ statusCode, body: typeof body === 'string' ? Buffer.from(body) : body });

  test.each<[string | Uint8Array, number]>([
    ['{ "errcode": "0", "errmsg": "成功" }', 200],
    ['{"errcode":0}', 201],
    ['\ufeff{"errcode":0.0}', 299],
    [Buffer.from('7b22657272636f6465223a2230222c226572726d7367223a22b3c9b9a6227d', 'hex'), 200],
  ])('%s acknowledges', (body, statusCode) => {
    expect(read(body, statusCode)).toEqual({ isAcknowledged: true, fault: null, error: null });
  });

  test.each<[string | Uint8Array, string]>([
    ['', 'the answer has no body, where JSON with errcode 0 is expected'],
    ['<html></html>', 'the answer is not JSON'],
    ['{"errcode":0', 'the answer is not JSON'],
    ['errcode=0', 'the answer is not JSON'],
    ['0', 'the answer is no JSON object'],
    ['null', 'the answer is no JSON object'],
    ['[{"errcode":0}]', 'the answer is no JSON object'],
    ['{"ERRCODE":0}', 'the answer has no errcode'],
    ['{"errcode":1}', "the answer's errcode is 1, not 0"],
    ['{"errcode":"00"}', 'the answer\'s errcode is "00", not 0'],
    ['{"errcode":""}', 'the answer\'s errcode is "", not 0'],
    ['{"errcode":null}', "the answer's errcode is null, not 0"],
    ['{"errcode":false}', "the answer's errcode is false, not 0"],
    ['{"errcode":"a\\u0000"}', 'the answer\'s errcode is "a\\u0000", not 0'],
    [`{"errcode":"${'x'.repeat(60_000)}"}`, `the answer's errcode is "${'x'.repeat(99)}, not 0`],
    [
      Buffer.from(`{"errcode":0}${' '.repeat(65_536)}`).subarray(0, 65_536),
      'the answer is too long: 65536 bytes or more',
    ],
  ])('%.40s does not, and is told why', (body, error) => {
    expect(read(body)).toEqual({ isAcknowledged: false, fault: expect.stringMatching(/^(body|errcode)_/), error });
  });

  test.each([199, 300, 302, 404, 410, 500])('of status %d says enough by that', (statusCode) => {
    expect(read('{"errcode":"0"}', statusCode)).toEqual({ isAcknowledged: false, fault: null, error: null });
  });
});

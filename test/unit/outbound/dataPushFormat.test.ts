import type { StoredEvent } from '../../../src/domain/delivery';
import { dataPushFormat } from '../../../src/outbound/formats/dataPush';

const EVENT: StoredEvent = {
  id: '01920000-0000-7000-8000-000000000000',
  tenantId: 'dt',
  source: 'a',
  topic: 'gs',
  type: 'cert',
  status: '1',
  key: 'a.gs.cert.1',
  changes: '["id1","id2"]',
  acceptedAt: new Date('2026-03-04T05:06:07.089Z'),
};

function textOf(event: Partial<StoredEvent> = {}): string {
  const interfaceData = { appRegisterId: 2646255255224320 };
  const body = dataPushFormat.body({ deliveryId: 'd1', topic: 'gs', event: { ...EVENT, ...event }, interfaceData });
  return Buffer.from(body).toString('utf8');
}

test('a callback is the published sample, field by field', () => {
  expect(dataPushFormat.contentTypeOf()).toBe('application/json');
  expect(textOf()).toBe(
    '{"id":"d1","appRegisterId":2646255255224320,"tenantId":"dt","topic":"gs","eventSource":"a","eventType":"cert",' +
      '"eventStatus":"1","eventKey":"a.gs.cert.1","changes":["id1","id2"],"occurredAt":"2026-03-04T05:06:07.089Z"}',
  );
});

test('changes go out as the text that came in, everything else as JSON writes it', () => {
  const changes = '[ 12345678901234567890, {"n":1e400, "s":"\\u4e3b"} ]';
  const text = textOf({ changes, source: 'a"b', key: '主\n' });
  expect(text).toContain(`"changes":${changes},"occurredAt"`);
  expect(JSON.parse(text)).toMatchObject({ eventSource: 'a"b', eventKey: '主\n' });
});

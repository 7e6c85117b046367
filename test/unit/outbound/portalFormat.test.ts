import type { StoredEvent } from '../../../src/domain/delivery';
import { createPortalFormat, type RecipientPage } from '../../../src/outbound/formats/portal';

const EVENT: StoredEvent = {
  id: 'e1',
  tenantId: 'dt',
  source: 'a',
  topic: '7',
  type: 'collection',
  status: '1',
  key: 'a.7.collection.1',
  changes: '["88981"]',
  acceptedAt: new Date('2026-03-04T05:06:07.089Z'),
};

const PAGE: RecipientPage = {
  targetId: '88981',
  recipients: [
    { user: 'ann', subscription_uuid: 'uuid-of-ann' },
    { user: '主"\n', subscription_uuid: 'uuid-of-the-other' },
  ],
};

async function textOf({ page = PAGE, ...event }: Partial<StoredEvent> & { page?: RecipientPage } = {}) {
  const format = createPortalFormat(async (deliveryId) => {
    expect(deliveryId).toBe('d1');
    return page;
  });
  expect(format.contentTypeOf({})).toBe('application/json');
  const content = { deliveryId: 'd1', topic: '7', event: { ...EVENT, ...event }, interfaceData: {} };
  const body = await format.body(content);
  return body === null ? null : Buffer.from(body).toString('utf8');
}

test('a callback is the document of the decisions, field by field', async () => {
  expect(await textOf()).toBe(
    '{"id":"d1","topic":"7","action":"collection","target_type":"7","target_id":"88981","changes":["88981"],' +
      '"recipients":[{"user":"ann","subscription_uuid":"uuid-of-ann"},{"user":"主\\"\\n",' +
      '"subscription_uuid":"uuid-of-the-other"}],"occurredAt":"2026-03-04T05:06:07.089Z"}',
  );
});

test('changes go out as the text that came in', async () => {
  const changes = '[ 12345678901234567890, {"n":1e400, "s":"\\u4e3b"} ]';
  expect(await textOf({ changes })).toContain(`"changes":${changes},"recipients"`);
});

test('a page without anybody is no callback', async () => {
  expect(await textOf({ page: { targetId: '88981', recipients: [] } })).toBeNull();
});

const READER = { interfaceData: {}, share: { tenantId: 'acme', flow: 's' } };

test.each([
  [200, true],
  [204, true],
  [302, false],
  [404, false],
  [500, false],
])('%i acknowledges: %s, whatever the body says', (statusCode, isAcknowledged) => {
  const format = createPortalFormat(async () => PAGE);
  for (const body of ['', '<html>', '{"errcode":1}', 'x'.repeat(65_536)]) {
    expect(format.read({ statusCode, body: Buffer.from(body) }, READER)).toEqual({
      isAcknowledged,
      fault: null,
      error: null,
    });
  }
});

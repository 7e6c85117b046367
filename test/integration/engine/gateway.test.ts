import { EVENT_TAGS } from '../../../src/domain/gatewayTags';
import type { Account } from '../../support/api';
import type { Behaviour } from '../../support/receiver';
import {
  ACKNOWLEDGED,
  FROZEN,
  type GatewayInstallation,
  startGatewayInstallation,
  UNFROZEN,
} from './gatewayInstallation';

jest.setTimeout(60_000);

let gateway: GatewayInstallation;
let account: Account;
beforeAll(async () => {
  gateway = await startGatewayInstallation();
});
afterAll(() => gateway?.stop());
beforeEach(async () => {
  account = await gateway.account();
  gateway.receiver.clear();
});

const redeliver = (dispatchIds: string[]) =>
  gateway.call(account.subscriber, 'POST', '/gateway/failedMessages/redeliver', { dispatchIds });

test('the whole catalogue: every tag is verified, published, and arrives form-encoded', async () => {
  const eventTags = EVENT_TAGS.map(({ eventTag }) => eventTag);
  const registered = await gateway.register(account, { path: '/all', eventTags });
  expect(registered.map(({ eventTag }) => eventTag)).toEqual(eventTags);
  const verifications = gateway.receiver.hits('/all').map(({ body }) => new URLSearchParams(body).get('eventTag'));
  expect(verifications.sort()).toEqual([...eventTags].sort());

  const published = new Map<string, { eventId: string; content: string }>();
  for (const { eventTag, content } of EVENT_TAGS) {
    const text = JSON.stringify(content);
    published.set(eventTag, { eventId: await gateway.publish(account, eventTag, `[${text}]`), content: text });
  }
  const messages = await gateway.messages('/all', eventTags.length);
  expect(messages).toHaveLength(eventTags.length);
  for (const { eventTag = '', ...message } of messages) {
    expect(message).toEqual({
      dispatchId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sourceMessageId: published.get(eventTag)?.eventId,
      callbackMessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      content: published.get(eventTag)?.content,
    });
  }
  expect(new Set(messages.map(({ eventTag }) => eventTag)).size).toBe(eventTags.length);
});

test('a message is POSTed as the form of the document, with the headers that every callback has', async () => {
  await gateway.register(account, { path: '/form', eventTags: [FROZEN] });
  await gateway.publish(account, FROZEN, '[{"Account":"主 & 角=+%","RealmId":9223372036854775807}]');
  const [message] = await gateway.messages('/form', 1);
  expect(message?.content).toBe('{"Account":"主 & 角=+%","RealmId":9223372036854775807}');
  const hit = gateway.receiver.hits('/form').at(-1);
  expect(hit?.headers['content-type']).toBe('application/x-www-form-urlencoded;charset=UTF-8');
  expect(hit?.headers['webhook-id']).toBe(message?.dispatchId);
  expect(hit?.headers['webhook-signature']).toMatch(/^v1,/);
});

test.each([
  ['form', 'application/x-www-form-urlencoded;charset=UTF-8', '{"RealmId":9223372036854775807}'],
  ['json', 'application/json', { RealmId: 2 ** 63 }],
])('a receiver that takes %s alone registers, and gets its messages so', async (format, contentType, content) => {
  const path = `/${format}-only`;
  const onlySo: Behaviour = (_hit, { headers }) =>
    headers['content-type'] === contentType ? ACKNOWLEDGED : { status: 415 };
  const [registration] = await gateway.register(account, { path, eventTags: [FROZEN], answers: onlySo, strict: true });
  expect(registration).toMatchObject({ eventTag: FROZEN, format });
  await gateway.publish(account, FROZEN, '[{"RealmId":9223372036854775807}]');
  const [message] = await gateway.messages(path, 1);
  await gateway.delivered(registration?.id ?? '');
  expect(message).toEqual({
    eventTag: FROZEN,
    dispatchId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    sourceMessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    callbackMessageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    content,
  });
  const hits = gateway.receiver.hits(path);
  const hit = hits.at(-1);
  expect(hit?.headers['content-type']).toBe(contentType);
  expect(hit?.headers['webhook-id']).toBe(message?.dispatchId);
  // Each try of the verification, and the message.
  for (const { headers } of hits) {
    expect(headers).toMatchObject({
      accept: expect.stringContaining('application/json'),
      'accept-encoding': 'identity',
      'user-agent': expect.stringMatching(/^Postrider\/\d+\.\d+\.\d+$/),
    });
  }
});

test.each([
  ['errcode as text', ACKNOWLEDGED],
  ['errcode as number', { body: '{"errcode":0}' }],
  ['201', { status: 201, body: '{"errcode":"0","errmsg":"other"}' }],
])('%s acknowledges', async (_name, answers) => {
  const [registration] = await gateway.register(account, { path: '/ok', eventTags: [FROZEN], answers });
  await gateway.publish(account, FROZEN, '[{}]');
  await gateway.messages('/ok', 1);
  await gateway.delivered(registration?.id ?? '');
});

test.each([
  ['the wrong errcode', { body: '{"errcode":"50001","errmsg":"busy"}' }, /errcode is "50001", not 0/],
  ['HTML', { body: '<html>ok</html>', headers: { 'content-type': 'text/html' } }, /not JSON/],
  ['nothing', {}, /no body/],
  ['64 MB', 'endless', /too long/],
  ['another status', { status: 400, body: '{"errcode":"0"}' }, /^answered 400$/],
] as const)('%s does not: the attempt says why, and the same dispatchId comes again', async (_name, answers, error) => {
  const path = '/not-ok';
  const [registration] = await gateway.register(account, { path, eventTags: [FROZEN], answers });
  await gateway.publish(account, FROZEN, '[{"a":1}]');
  const delivery = await gateway.attempted(account, registration?.id ?? '');
  const [attempt] = delivery.attempts;
  expect(attempt.error ?? `answered ${attempt.statusCode}`).toMatch(error);
  expect(delivery.state).toBe('pending');
  gateway.receiver.on(path, ACKNOWLEDGED);
  await gateway.must(account.subscriber, 'POST', `/v1/deliveries/${delivery.id}/retry`);
  const [first, second] = await gateway.messages(path, 2);
  await gateway.delivered(registration?.id ?? '');
  expect(second).toEqual({ ...first, callbackMessageId: expect.any(String) });
  expect(second?.callbackMessageId).not.toBe(first?.callbackMessageId);
});

describe('the failed list', () => {
  test('410 ends a message at once; redelivered, it keeps its dispatchId', async () => {
    const path = '/gone';
    await gateway.register(account, { path, eventTags: [FROZEN], answers: { status: 410 } });
    await gateway.publish(account, FROZEN, '[{"RealmId":9223372036854775807}]');
    const [failed] = await gateway.failed(account, 1);
    expect(failed).toEqual({
      dispatchId: (await gateway.messages(path, 1))[0]?.dispatchId,
      eventTag: FROZEN,
      callbackUrl: gateway.receiver.url(path),
      content: expect.anything(),
      calls: 1,
      failedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      reason: 'the receiver wants no more of it; last call: the receiver answered 410',
    });
    gateway.receiver.on(path, ACKNOWLEDGED);
    expect(await redeliver([failed.dispatchId, failed.dispatchId.toUpperCase()])).toEqual({
      status: 200,
      body: { errcode: '0', errmsg: '成功', data: { redelivered: 1 } },
    });
    const [first, second] = await gateway.messages(path, 2);
    expect(second).toEqual({ ...first, callbackMessageId: expect.any(String) });
    await gateway.failed(account, 0);
    expect((await redeliver([failed.dispatchId])).status).toBe(404);
  });

  test('a retry over /v1 takes a message off it too, and a failure puts it back', async () => {
    const path = '/again';
    await gateway.register(account, { path, eventTags: [FROZEN], answers: { status: 410 } });
    await gateway.publish(account, FROZEN, '[{}]');
    const [{ dispatchId, failedAt }] = await gateway.failed(account, 1);
    await gateway.must(account.subscriber, 'POST', `/v1/deliveries/${dispatchId}/retry`);
    await gateway.messages(path, 2);
    const [again] = await gateway.failed(account, 1);
    expect(again).toMatchObject({ dispatchId, calls: 2 });
    expect(again.failedAt > failedAt).toBe(true);
  });

  test('many at once, each once', async () => {
    const path = '/many';
    await gateway.register(account, { path, eventTags: [FROZEN, UNFROZEN], answers: { status: 410 } });
    const bodies = Array.from({ length: 20 }, (_, at) => [at % 2 ? FROZEN : UNFROZEN, `[{"at":${at}}]`] as const);
    await Promise.all(bodies.map(([tag, changes]) => gateway.publish(account, tag, changes)));
    const failed = await gateway.failed(account, 20);
    gateway.receiver.on(path, ACKNOWLEDGED);
    const ids = failed.map(({ dispatchId }) => dispatchId);
    const answers = await Promise.all([redeliver(ids), redeliver(ids)]);
    expect(answers.map(({ status }) => status)).toContain(200);
    expect(await gateway.messages(path, 40)).toHaveLength(40);
    await gateway.failed(account, 0);
  });
});

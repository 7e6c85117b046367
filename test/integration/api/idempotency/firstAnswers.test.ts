import { retain } from '../../../../src/db/retention/retain';
import { QUOTA_LIMITS } from '../../../../src/domain/quotaLimits';
import { createKey } from '../../../../src/services/keys/createKey';
import { OPERATOR } from '../testApi';
import { type KeyName, type NativeApi, startNativeApi } from '../v1/nativeApi';

jest.setTimeout(60_000);

let api: NativeApi;
beforeEach(async () => {
  api = await startNativeApi({ quotaLimits: { ...QUOTA_LIMITS, repeatableCallsPerApp: 3 } });
});
afterEach(() => api.stop());

const WORDS = 'this Idempotency-Key was used for another request';
const BODY = { callbackUrl: 'https://hooks.example/a', topics: ['gs'] };

const make = (key: KeyName, body: unknown, idempotencyKey = 'k', path = '/v1/subscriptions') =>
  api.call(key, 'POST', path, body, { 'idempotency-key': idempotencyKey });

async function countSubscriptions(): Promise<number> {
  const [row] = await api.db.knex('subscriptions').count('* as count');
  return Number(row?.count);
}

test('twenty at once, which a client sends that never got an answer, make one subscription', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => make('shop', BODY)));
  expect(answers).toEqual(Array(20).fill(answers[0]));
  expect(answers[0]?.status).toBe(201);
  expect(await countSubscriptions()).toBe(1);
});

test('the first answer comes again although the subscription has changed since', async () => {
  const first = await make('shop', BODY);
  await api.call('shop', 'PATCH', `/v1/subscriptions/${first.body.id}`, { topics: ['hs'] });
  expect(await make('shop', BODY)).toEqual(first);
});

test('what a repeat requires was so at the first call: its own change does not refuse it', async () => {
  const { id } = (await make('shop', BODY)).body;
  const path = `/v1/subscriptions/${id}`;
  const read = await fetch(api.url + path, { headers: { authorization: api.keys.shop } });
  const headers = { 'if-match': read.headers.get('etag') ?? '' };
  const rotate = (key: string) =>
    api.call('shop', 'POST', `${path}/secret/rotate`, {}, { ...headers, 'idempotency-key': key });
  const first = await rotate('rotate');
  expect(first.status).toBe(200);
  expect(await rotate('rotate')).toEqual(first);
  expect((await rotate('another')).status).toBe(412);
});

test('another body is refused; the order of members and white space make none', async () => {
  const first = await make('shop', BODY);
  expect(await make('shop', { topics: BODY.topics, callbackUrl: BODY.callbackUrl })).toEqual(first);
  expect(await make('shop', { ...BODY, topics: ['hs'] })).toEqual({
    status: 409,
    body: {
      ...{ title: 'Conflict', status: 409, code: 'idempotency_key_reused' },
      ...{ requestId: expect.any(String), detail: WORDS },
      errors: [{ field: 'Idempotency-Key', message: WORDS }],
    },
  });
  expect(await countSubscriptions()).toBe(1);
});

test('of two bodies at once, one is made and the other is refused', async () => {
  const answers = await Promise.all([make('shop', BODY), make('shop', { ...BODY, topics: ['hs'] })]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
});

test('a key belongs to the app, whichever API key it uses, and not to the tenant', async () => {
  const first = await make('shop', BODY);
  const { key } = await createKey(api.db.knex, {
    ...{ caller: OPERATOR, tenantId: 'acme', appId: 'shop', roles: ['subscriber'] },
  });
  const again = await fetch(`${api.url}/v1/subscriptions`, {
    method: 'POST',
    headers: { authorization: key, 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify(BODY),
  });
  expect(await again.json()).toEqual(first.body);

  const others = [await make('desk', BODY), await make('spy', BODY)];
  const operators: KeyName[] = ['operator', 'acmeOperator'];
  for (const name of operators) others.push(await make(name, { ...BODY, tenantId: 'acme', appId: 'shop' }));
  expect(others.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  expect(new Set([first, ...others].map(({ body }) => body.id)).size).toBe(5);
});

test('what was refused is not remembered: it can be corrected and sent with the same key', async () => {
  expect((await make('shop', { ...BODY, topics: ['unknown'] })).status).toBe(400);
  expect((await make('shop', BODY)).status).toBe(201);
});

test.each([
  ['', 'is empty'],
  ['k'.repeat(201), 'is longer than 200 characters'],
])('a key of %p %s', async (key, message) => {
  expect(await make('shop', BODY, key)).toMatchObject({
    status: 400,
    body: { errors: [{ field: 'Idempotency-Key', message }] },
  });
});

test('neither the key nor a secret that was answered is stored as it is', async () => {
  const made = await make('operator', { tenantId: 'acme', roles: ['producer'] }, 'very private', '/v1/keys');
  expect(made.body.key).toMatch(/^pr_/);
  const rows = await api.db.knex('first_answers');
  expect(rows).toHaveLength(1);
  const stored = Object.values(rows[0])
    .map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value)))
    .join('\n');
  expect(stored).not.toContain('very private');
  expect(stored).not.toContain(made.body.id);
});

test('after 24 hours the key is free, and retention deletes what it held', async () => {
  const first = await make('shop', BODY);
  const { knex } = api.db;
  expect(
    (await knex('first_answers').first(knex.raw("expires_at > now() + interval '1439 minutes' AS kept"))).kept,
  ).toBe(true);
  const expire = () => knex('first_answers').update({ expires_at: knex.raw("now() - interval '1 second'") });
  await expire();
  const second = await make('shop', BODY);
  expect(second.status).toBe(201);
  expect(second.body.id).not.toBe(first.body.id);
  expect((await make('shop', BODY)).body.id).toBe(second.body.id);
  await expire();
  expect(await retain(knex, { retentionDays: 30 })).toMatchObject({ expiredKeys: 1 });
  expect(await knex('first_answers')).toEqual([]);
});

test('an app has a bound of them, which no other app feels; what is known is answered beyond it', async () => {
  const first = await make('shop', BODY, '0');
  const statuses: number[] = [];
  for (const key of ['1', '2', '3']) statuses.push((await make('shop', BODY, key)).status);
  expect(statuses).toEqual([201, 201, 409]);
  expect((await make('shop', BODY, '4')).body.detail).toContain('MAX_REPEATABLE_CALLS_PER_APP');
  expect(await make('shop', BODY, '0')).toEqual(first);
  expect((await make('desk', BODY, '4')).status).toBe(201);
  expect((await api.call('shop', 'POST', '/v1/subscriptions', BODY)).status).toBe(201);
});

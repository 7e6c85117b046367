import { formatKey, newKeyParts } from '../../../src/services/keys/secret';
import { startTestApi, type TestApi } from './testApi';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi({ rateLimitPerKey: 5 });
});
afterAll(() => api.stop());

const BODY = JSON.stringify({ event_source: 'a', event_topic: 'b', event_type: 'c', event_status: 'd', changes: [1] });

async function publish(authorization?: string) {
  const response = await fetch(`${api.url}/api/publish`, {
    method: 'POST',
    headers: authorization === undefined ? {} : { authorization },
    body: BODY,
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

const producerKey = () => api.key({ tenantId: 'acme', roles: ['producer'] });

test('the key as it is, and as a bearer', async () => {
  const key = await producerKey();
  for (const authorization of [key, `Bearer ${key}`, `bearer ${key}`]) {
    expect((await publish(authorization)).status).toBe(200);
  }
});

test("everything else is refused in the interface's form", async () => {
  const key = await producerKey();
  const [, id] = key.split('_');
  const wrong = [
    undefined,
    '',
    'Bearer',
    `Basic ${key}`,
    `Bearer Bearer ${key}`,
    `${key}x`,
    key.slice(0, -1),
    `pr_${id}_${'x'.repeat(43)}`,
    formatKey(newKeyParts()),
    'pr_',
    `pr_${'x'.repeat(10_000)}_y`,
    "pr_a'--_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
  ];
  for (const authorization of wrong) {
    const { status, headers, body } = await publish(authorization);
    expect({ authorization, status, body }).toEqual({
      authorization,
      status: 401,
      body: { request_id: expect.any(String), code: '401', msg: '认证失败' },
    });
    expect(headers.get('www-authenticate')).toBe('Bearer');
  }
});

test('a refused call does not publish, and its key does not stand in the log', async () => {
  const before = api.published.length;
  const key = formatKey(newKeyParts());
  await publish(key);
  expect(api.published).toHaveLength(before);
  expect(JSON.stringify(api.lines)).not.toContain(key);
});

test('a burst over the limit: 429 with Retry-After; another key is not held up', async () => {
  const [greedy, other] = [await producerKey(), await producerKey()];
  const answers = await Promise.all(Array.from({ length: 60 }, () => publish(greedy)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(10);
  expect(refused.length).toBeGreaterThanOrEqual(10);
  expect(refused[0]?.body).toMatchObject({ code: '429', msg: '请求过于频繁，请稍后再试' });
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect((await publish(other)).status).toBe(200);
});

test('a body that is sent in vain is not read', async () => {
  const response = await fetch(`${api.url}/api/publish`, {
    method: 'POST',
    headers: { authorization: 'nobody' },
    body: 'x'.repeat(5_000_000),
  });
  expect(response.status).toBe(401);
});

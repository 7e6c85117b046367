import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { openDatabase } from '../../../src/db/database';
import { IdempotencyKeyReused, Refusal } from '../../../src/services/errors';
import { createAuthenticator } from '../../../src/services/keys/authenticate';
import { startTestApi, type TestApi } from './testApi';

let api: TestApi;
let producer: string;
let failWith: () => Promise<never>;

beforeAll(async () => {
  api = await startTestApi({ publish: () => failWith() });
  producer = await api.key({ tenantId: 'acme', roles: ['producer'] });
});
afterAll(() => api.stop());

async function publish({ url } = api) {
  const response = await fetch(`${url}/api/publish`, {
    method: 'POST',
    headers: { authorization: `Bearer ${producer}` },
    body: JSON.stringify({ event_source: 'a', event_topic: 'b', event_type: 'c', event_status: 'd', changes: [1] }),
  });
  const { code, msg } = (await response.json()) as { code: string; msg: string };
  return { status: response.status, retryAfter: response.headers.get('retry-after'), code, msg };
}

const FAULT = '服务调用异常，请稍后再试或联系管理员';

test('a reused Idempotency-Key', async () => {
  failWith = async () => {
    throw new IdempotencyKeyReused();
  };
  expect(await publish()).toEqual({ status: 400, retryAfter: null, code: '400', msg: '幂等键已被使用' });
});

test('too many that wait', async () => {
  failWith = async () => {
    throw new Refusal(503, 'too many publishes wait', undefined, 2);
  };
  expect(await publish()).toEqual({ status: 503, retryAfter: '2', code: '503', msg: FAULT });
});

test('PostgreSQL is away', async () => {
  failWith = async () => {
    throw new Error('timeout exceeded when trying to connect');
  };
  expect(await publish()).toEqual({ status: 503, retryAfter: expect.any(String), code: '503', msg: FAULT });
});

test('a fault of ours', async () => {
  failWith = async () => {
    throw new TypeError('cannot read properties of undefined');
  };
  expect(await publish()).toEqual({ status: 500, retryAfter: null, code: '500', msg: FAULT });
  expect(api.lines).toContainEqual(expect.objectContaining({ msg: 'request.failed', level: 50 }));
});

test('a service that never answers is answered for within 10 s', async () => {
  failWith = () => new Promise(() => undefined);
  const startedAt = performance.now();
  expect(await publish()).toMatchObject({ status: 503, code: '503', msg: FAULT });
  expect(performance.now() - startedAt).toBeLessThan(10_000);
}, 15_000);

describe('PostgreSQL is away when the key is to be read', () => {
  test.each([
    ['refuses', async () => 1],
    ['takes the connection and says nothing', silentPort],
  ])(
    'it %s: 503 within 10 s',
    async (_, port) => {
      const away = openDatabase({
        url: `postgres://nobody@127.0.0.1:${await port()}/none`,
        onIdleError: () => undefined,
      });
      const cutOff = await startTestApi({ authenticate: createAuthenticator(away.knex) });
      try {
        const startedAt = performance.now();
        expect(await publish(cutOff)).toEqual({ status: 503, retryAfter: expect.any(String), code: '503', msg: FAULT });
        expect(performance.now() - startedAt).toBeLessThan(10_000);
      } finally {
        await cutOff.stop();
        await away.close();
      }
    },
    20_000,
  );

  const silent = createServer((socket) => socket.on('error', () => undefined));
  async function silentPort(): Promise<number> {
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    return (silent.address() as AddressInfo).port;
  }
  afterAll(() => silent.close());
});

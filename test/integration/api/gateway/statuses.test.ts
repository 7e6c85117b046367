import { pino } from 'pino';
import { createApi, ROUTES } from '../../../../src/api/server';
import { openDatabase } from '../../../../src/db/database';
import type { Services } from '../../../../src/services';
import { createGateway } from '../../../../src/services/gateway';
import { createMetrics } from '../../../../src/services/metrics';
import { NO_WAY_OUT } from '../../../support/callOut';
import { steerOn } from '../../../support/steer';
import { READY } from '../testApi';
import type { KeyName } from '../v1/nativeApi';
import { ADDED, FAILURE, FROZEN, type GatewayApi, startGatewayApi } from './gatewayApi';

let api: GatewayApi;
let before: string;
let id: string;
let dispatchId: string;
beforeAll(async () => {
  api = await startGatewayApi();
  id = (await api.registered(FROZEN, api.ok)).id;
  dispatchId = await api.failed(FROZEN);
  before = await api.everything();
});
afterEach(async () => expect(await api.everything()).toBe(before));
afterAll(() => api?.stop());

/** Each would succeed for `shop`. */
const CALLS: [method: string, path: string, body?: () => unknown][] = [
  ['POST', '/gateway/callbacks', () => ({ eventTag: ADDED, callbackUrl: api.ok })],
  ['GET', '/gateway/callbacks'],
  ['PUT', '/gateway/callbacks/{id}', () => ({ eventTag: ADDED })],
  ['DELETE', '/gateway/callbacks/{id}'],
  ['GET', '/gateway/failedMessages'],
  ['POST', '/gateway/failedMessages/redeliver', () => ({ dispatchIds: [dispatchId] })],
  ['GET', '/gateway/eventTags'],
];

describe.each(CALLS)('%s %s', (method, template, body) => {
  const path = () => template.replace('{id}', id);
  const as = (key: KeyName) => api.call(key, method, path(), body?.());

  test.each(['no', 'wrong', 'revoked'])('with %s key', async (kind) => {
    const input = { tenantId: 'acme', appId: 'shop', roles: ['subscriber'] };
    const made = await api.call('operator', 'POST', '/v1/keys', input);
    await api.call('operator', 'DELETE', `/v1/keys/${made.body.id}`);
    const authorization = { wrong: api.keys.shop.replace(/.$/, '!'), revoked: made.body.key }[kind];
    const response = await fetch(api.url + path(), {
      method,
      headers: { ...(authorization && { authorization }) },
      body: body && JSON.stringify(body()),
    });
    expect({ status: response.status, body: await response.json() }).toEqual(FAILURE(401));
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  test.each(['producer', 'platform'] as const)('with a key of role %s', async (key) => {
    expect(await as(key)).toEqual(FAILURE(403));
  });

  if (template !== '/gateway/eventTags') {
    test.each(['operator', 'acmeOperator', 'portalUser'] as const)('%s acts for no app', async (key) => {
      expect(await as(key)).toEqual(FAILURE(403));
    });
  }

  test('too many calls with a key', async () => {
    const answers = await withApi({ rateLimitPerKey: 1 }, async (url) => {
      const calls = [1, 2, 3].map(() => send(url, 'GET', '/gateway/eventTags'));
      await Promise.all(calls);
      return send(url, method, path(), body?.());
    });
    expect(answers).toEqual(FAILURE(429));
  });

  if (template !== '/gateway/eventTags') {
    test('a fault of ours', async () => {
      const broken = new Proxy({}, { get: () => async () => Promise.reject(new Error('secret of ours')) });
      const answer = await withApi({ gateway: broken as Services['gateway'] }, (url) =>
        send(url, method, path(), body?.()),
      );
      expect(answer).toEqual(FAILURE(500, 'an internal error, see the log'));
    });

    test('PostgreSQL is away', async () => {
      const db = openDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', onIdleError: () => undefined });
      const gateway = createGateway({
        db: db.knex,
        steer: steerOn(db.knex),
        commands: api.commands,
        secretBox: api.secretBox,
        callOut: NO_WAY_OUT,
        checkCallbackUrl: () => undefined,
        newSigningSecret: () => '',
      });
      const answer = await withApi({ gateway }, (url) => send(url, method, path(), body?.()));
      expect(answer).toEqual(FAILURE(503));
      await db.close();
    });
  }
});

test.each([
  ['PUT', '/gateway/callbacks', 405],
  ['DELETE', '/gateway/callbacks', 405],
  ['GET', '/gateway/callbacks/x', 405],
  ['POST', '/gateway/callbacks/x', 405],
  ['POST', '/gateway/failedMessages', 405],
  ['GET', '/gateway/failedMessages/redeliver', 405],
  ['POST', '/gateway/eventTags', 405],
  ['GET', '/gateway', 404],
  ['GET', '/gateway/', 404],
  ['GET', '/gateway/callbacks/', 404],
  ['GET', '/gateway/Callbacks', 404],
  ['PUT', '/gateway/callbacks/%zz', 400],
] as const)('%s %s is %d in the form of the interface', async (method, path, status) => {
  expect(await api.call('shop', method, path)).toEqual(FAILURE(status));
});

test('a path that only begins alike is not of the interface', async () => {
  expect((await api.call('shop', 'GET', '/gatewayfoo')).body).toMatchObject({ title: 'Not Found' });
});

async function send(url: string, method: string, path: string, body?: unknown) {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: api.keys.shop, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

/** Another API process beside the first, with the same keys. */
async function withApi<Result>(
  { gateway, rateLimitPerKey = 1000 }: { gateway?: Services['gateway']; rateLimitPerKey?: number },
  use: (url: string) => Promise<Result>,
): Promise<Result> {
  const other = createApi({
    routes: ROUTES,
    services: { gateway } as Services,
    authenticate: api.authenticate,
    readiness: async () => READY,
    metrics: createMetrics({ oldestPendingSeconds: async () => 0 }),
    log: pino({ level: 'silent' }),
    maxEventBytes: 262_144,
    rateLimitPerKey,
  });
  const { url, close } = await other.listen({ host: '127.0.0.1', port: 0 });
  try {
    return await use(url);
  } finally {
    await close();
  }
}

import { ROUTES } from '../../../src/api/server';
import { waitFor } from '../../support/engine';
import { nameOf, type RouteCall, routeTable } from './routeTable';
import { type KeyName, MARKER, startVictim } from './tenantsSetup';

jest.setTimeout(60_000);

/** Calls that change nothing of the installation's, however they end. */
const NOT_AUDITED = [
  // An event is its own record, with who published it.
  'post /api/publish',
  // Calls out in the caller's own name.
  'post /api/{version}/event/subscribe/ping',
  'post /api/{version}/event/subscribe/telnet',
  // It only reads.
  'post /api/{version}/event/subscribe/search/{bk_supplier_account}/{bk_biz_id}',
];
const SECRET = 'get /v1/subscriptions/{id}/secret';
const CMDB = '/api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}';

/** What has to be done before something else can be: the key that most calls are made with is revoked last. */
const LATER = [/activate$/, /stop$/, /\/cancel$/, /^delete/, /^delete \/v1\/keys/];

const NAMES = ROUTES.filter(({ method }) => method !== 'get')
  .map(nameOf)
  .concat(SECRET)
  .filter((name) => !NOT_AUDITED.includes(name))
  .sort((a, b) => lateness(a) - lateness(b));

function lateness(name: string): number {
  return LATER.findLastIndex((pattern) => pattern.test(name));
}

let victim: Awaited<ReturnType<typeof startVictim>>;
let table: Record<string, RouteCall>;

beforeAll(async () => {
  victim = await startVictim();
  table = routeTable(victim.own);
});
afterAll(() => victim?.stop());

/** Where the call of the route table is one that is refused, or was made already. */
function ownCall(name: string): Partial<RouteCall> {
  const cmdb = table[`post ${CMDB}`]?.body as Record<string, unknown>;
  const pushTask = { body: { tenantId: 'acme', appId: 'shop', topicList: ['hs'] } };
  const calls: Record<string, Partial<RouteCall>> = {
    // The registration was overwritten by then.
    'post /topics/historyProcessed': pushTask,
    'post /topics/activate': pushTask,
    'post /gateway/callbacks': {
      body: {
        eventTag: 'openplatform_app_update|openplatform_app_update_tag',
        callbackUrl: victim.receiver.url(`/${MARKER}`),
      },
    },
    [`post ${CMDB}`]: { body: { ...cmdb, subscription_name: 'another' } },
    'post /v1/deliveries/{id}/retry': { path: `/v1/deliveries/${victim.own.failed}/retry` },
  };
  return calls[name] ?? {};
}

/** A state in which the call changes something. */
const PREPARED: Record<string, () => Promise<unknown>> = {
  'post /v1/deliveries/{id}/retry': () => failAgain(),
  'post /gateway/failedMessages/redeliver': () => failAgain(),
  'post /topics/activate': () => victim.knex('lanes').whereNot({ topic: '' }).update({ state: 'stopped' }),
  'post /v1/lanes/{id}/activate': () => victim.knex('lanes').whereNot({ topic: '' }).update({ state: 'stopped' }),
  'post /v1/lanes/{id}/stop': () => victim.knex('lanes').whereNot({ topic: '' }).update({ state: 'running' }),
};

function failAgain(): Promise<unknown> {
  return victim
    .knex('deliveries')
    .where({ id: victim.own.failed })
    .update({ state: 'failed', finished_at: new Date() });
}

const keyId = (name: KeyName) => victim.keys[name].split('_')[1];

test.each(NAMES)('%s leaves one record, and one line in the log', async (name) => {
  await PREPARED[name]?.();
  const call = { ...table[name], ...ownCall(name) } as RouteCall & { owner: KeyName };
  const before = await victim.knex('audit').max('id as last').first();
  const lines = victim.lines.length;
  const [method = '', path = ''] = name.split(' ');
  const answer = await victim.call(call.owner, method.toUpperCase(), call.path, call.body, call.headers);
  const isDone = answer.status < 300 && answer.body?.result !== false;
  expect({ ...answer, isDone }).toMatchObject({ isDone: true });

  const records = await victim.knex('audit').where('id', '>', before?.last ?? 0);
  expect(records).toEqual([
    expect.objectContaining({ key_id: keyId(call.owner), route: `${method.toUpperCase()} ${path}` }),
  ]);
  const [record] = records;
  const kept = JSON.stringify(record);
  expect(kept).not.toContain('whsec_');
  expect(kept).not.toContain('pr_');
  expect(kept).not.toContain(`/${MARKER}`);
  const line = await waitFor(() => victim.lines.slice(lines).find((text) => text.includes('"event":"audit"')), {
    what: 'a line in the log',
  });
  expect(JSON.parse(line)).toMatchObject({
    requestId: record.request_id,
    object: record.object_type,
    id: record.object_id,
  });
});

test('what is refused leaves no record', async () => {
  const before = await victim.knex('audit').count().first();
  const refused: [KeyName, string, string, unknown?][] = [
    ['rival', 'PATCH', `/v1/subscriptions/${victim.own.subscription}`, { timeoutMs: 500 }],
    ['rivalOperator', 'POST', '/v1/keys', { tenantId: 'acme', roles: ['operator'] }],
    ['operator', 'POST', '/v1/tenants', { id: 'acme', name: 'taken' }],
    ['rivalUser', 'DELETE', `/portal/api/v2/subscription/subscription/${victim.own.portal}`],
    ['rival', 'POST', `/v1/lanes/${victim.own.lane}/stop`],
  ];
  for (const [key, method, path, body] of refused) {
    expect((await victim.call(key, method, path, body)).status).toBeGreaterThanOrEqual(400);
  }
  expect(await victim.knex('audit').count().first()).toEqual(before);
});

import { ROUTES } from '../../../../src/api/server';
import { nameOf, type RouteCall, routeTable } from '../../security/routeTable';
import { type KeyName, MARKER, startVictim } from '../../security/tenantsSetup';

jest.setTimeout(60_000);

/** POSTs that make nothing: a repeat finds the same state, or calls out once more in the caller's own name. */
const MAKES_NOTHING = [
  'post /api/{version}/event/subscribe/ping',
  'post /api/{version}/event/subscribe/telnet',
  'post /api/{version}/event/subscribe/search/{bk_supplier_account}/{bk_biz_id}',
  'post /topics/historyProcessed',
  'post /gateway/failedMessages/redeliver',
  'post /v1/subscriptions/{id}/pause',
  'post /v1/subscriptions/{id}/resume',
  'post /v1/deliveries/{id}/retry',
  'post /v1/deliveries/{id}/cancel',
  'post /v1/lanes/{id}/historyProcessed',
  'post /v1/lanes/{id}/stop',
];
/** Has a table of its own, in the statement that accepts (test/integration/db/idempotencyKeys.test.ts). */
const PUBLISH = 'post /api/publish';
const CMDB = 'post /api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}';

const NAMES = ROUTES.filter(({ method }) => method === 'post')
  .map(nameOf)
  .filter((name) => name !== PUBLISH && !MAKES_NOTHING.includes(name));

let victim: Awaited<ReturnType<typeof startVictim>>;
let table: Record<string, RouteCall>;

beforeAll(async () => {
  victim = await startVictim();
  table = routeTable(victim.own);
});
afterAll(() => victim?.stop());

/** Where the call of the route table is one that is refused. */
function ownBody(name: string): Record<string, unknown> | undefined {
  const bodies: Record<string, Record<string, unknown>> = {
    [CMDB]: { ...(table[name]?.body as object), subscription_name: 'once' },
    'post /gateway/callbacks': {
      eventTag: 'openplatform_app_update|openplatform_app_update_tag',
      callbackUrl: victim.receiver.url(`/${MARKER}`),
    },
    'post /topics/activate': { tenantId: 'acme', appId: 'shop', topicList: ['hs'], since: Date.now() - 1000 },
    'post /v1/lanes/{id}/activate': { since: Date.now() - 1000 },
  };
  return bodies[name];
}

/** A state in which the call makes something. */
const stopLanes = () => victim.knex('lanes').whereNot({ topic: '' }).update({ state: 'stopped' });
const PREPARED: Record<string, () => Promise<unknown>> = {
  'post /topics/activate': stopLanes,
  'post /v1/lanes/{id}/activate': stopLanes,
};

async function countRecords(): Promise<number> {
  const [row] = await victim.knex('audit').count('* as count');
  return Number(row?.count);
}

test.each(NAMES)('%s makes one thing, however often it is called with one key, and answers the same', async (name) => {
  const call = { ...table[name], body: ownBody(name) ?? table[name]?.body } as RouteCall & { owner: KeyName };
  const send = (path = call.path) =>
    victim.send(call.owner, 'POST', path, {
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
      headers: { ...call.headers, 'idempotency-key': `once ${name}` },
    });
  await PREPARED[name]?.();
  const before = await countRecords();
  const calls = [...(await Promise.all([send(), send()])), await send()];
  const answers = await Promise.all(
    calls.map(async (answer) => ({
      status: answer.status,
      location: answer.headers.get('location'),
      etag: answer.headers.get('etag'),
      type: answer.headers.get('content-type'),
      text: await answer.text(),
    })),
  );
  const [first] = answers;
  expect(first?.status).toBeLessThan(300);
  expect(first?.text).not.toContain('"result":false');
  expect(answers).toEqual([first, first, first]);
  if (first?.status === 201) expect(first.location).toMatch(/^\//);
  // Each call is one of its own in the log, whatever it is answered with.
  expect(new Set(calls.map(({ headers }) => headers.get('x-request-id'))).size).toBe(calls.length);
  expect(await countRecords()).toBe(before + 1);
  expect(calls.map(({ headers }) => headers.get('idempotent-replayed')).sort()).toEqual([null, 'true', 'true']);

  const other = await send(`${call.path}${call.path.includes('?') ? '&' : '?'}other=1`);
  const refusal = await other.text();
  expect(refusal).toContain('was used for another request');
  if (name === CMDB) expect(JSON.parse(refusal)).toMatchObject({ result: false, bk_error_code: 1199014 });
  else expect(other.status).toBe(409);
  expect(await countRecords()).toBe(before + 1);
});

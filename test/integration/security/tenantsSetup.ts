import { pino } from 'pino';
import { createApi, ROUTES } from '../../../src/api/server';
import type { Role } from '../../../src/contracts/states';
import { createAuthenticator } from '../../../src/services/keys/authenticate';
import { createKey } from '../../../src/services/keys/createKey';
import { call, must } from '../../support/api';
import { API_OPTIONS } from '../../support/apiOptions';
import { OPERATOR, startInstallation } from '../../support/engine';
import { startReceiver } from '../../support/receiver';
import { READY } from '../api/testApi';

/** In everything of the victim's that can hold a text, and in nothing that a stranger sends. */
export const MARKER = 'PLANTED7f3a';
export const JSON_API = 'application/vnd.api+json';
const TAG = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen';
const UUID = '18926ba9-4a93-429d-ae63-27836af5d36';

const KEYS = {
  operator: { roles: ['operator'] },
  victim: { tenantId: 'acme', appId: 'shop', roles: ['subscriber'] },
  victimUser: { tenantId: 'acme', appId: 'shop', roles: ['subscriber'], subject: 'ann' },
  victimOperator: { tenantId: 'acme', roles: ['operator'] },
  victimProducer: { tenantId: 'acme', roles: ['producer'] },
  // Of another tenant, as like the victim's as can be.
  rivalOperator: { tenantId: 'rival', roles: ['operator'] },
  rival: { tenantId: 'rival', appId: 'shop', roles: ['subscriber'] },
  rivalUser: { tenantId: 'rival', appId: 'shop', roles: ['subscriber'], subject: 'ann' },
  rivalProducer: { tenantId: 'rival', roles: ['producer'] },
  // Of the victim's tenant, but another app.
  neighbour: { tenantId: 'acme', appId: 'desk', roles: ['subscriber'] },
  neighbourUser: { tenantId: 'acme', appId: 'desk', roles: ['subscriber'], subject: 'bob' },
} satisfies Record<string, { tenantId?: string; appId?: string; roles: Role[]; subject?: string }>;

export type KeyName = keyof typeof KEYS;
export const STRANGERS = ['rivalOperator', 'rival', 'rivalUser', 'rivalProducer'] as const;
export const NEIGHBOURS = ['neighbour', 'neighbourUser'] as const;
export const rolesOf = (name: KeyName): readonly Role[] => KEYS[name].roles;

/** The ids of what the victim has, one of each kind. */
export type Own = Awaited<ReturnType<typeof startVictim>>['own'];

/** A whole installation without workers, in which tenant acme has one of everything, made over the API's own routes. */
export async function startVictim() {
  const installation = await startInstallation();
  const { knex } = installation;
  const node = await installation.startNode({ role: 'api' });
  const receiver = await startReceiver();
  // What a gateway registration is verified with.
  receiver.on(`/${MARKER}`, { body: '{"errcode":"0"}' });
  await knex('apps').insert({ tenant_id: 'acme', id: 'desk', name: 'Desk' });
  await knex('tenants').insert({ id: 'third', name: 'Third' });
  await knex('target_types').insert({ number: 7, name: 'News', uuid: `${UUID}6` });
  const lines: string[] = [];
  const api = createApi({
    routes: ROUTES,
    services: node.services,
    authenticate: createAuthenticator(knex),
    readiness: async () => READY,
    metrics: node.metrics,
    log: pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) }),
    maxEventBytes: 262_144,
    rateLimitPerKey: 100_000,
    ...API_OPTIONS,
  });
  const { url, close } = await api.listen({ host: '127.0.0.1', port: 0 });
  const keys = {} as Record<KeyName, string>;
  for (const [name, key] of Object.entries(KEYS)) {
    keys[name as KeyName] = (await createKey(knex, { caller: OPERATOR, ...key })).key;
  }

  const as = (name: KeyName) => ({ url, key: keys[name] });
  const callbackUrl = receiver.url(`/${MARKER}`);
  await must(as('operator'), 'PATCH', '/v1/apps/acme/shop', { name: MARKER, callbackUrl });
  await must(as('operator'), 'POST', '/v1/apps/acme/shop/grants', { tenantId: 'third' });
  const subscription = await must(as('victim'), 'POST', '/v1/subscriptions', {
    ...{ callbackUrl, topics: ['gs'], description: MARKER, ordered: true, historyRequired: true },
  });
  await must(as('victim'), 'POST', '/topics/subscribe', {
    ...{ tenantId: 'acme', appId: 'shop', webhookUrl: callbackUrl, topicList: ['gs'] },
  });
  const cmdb = await must(as('victim'), 'POST', '/api/v3/event/subscribe/acme/2', {
    ...{ subscription_name: MARKER, system_name: MARKER, callback_url: callbackUrl, confirm_mode: 'httpstatus' },
    ...{ confirm_pattern: '200', subscription_form: 'gscert', timeout: 10 },
  });
  const [gateway] = (await must(as('victim'), 'POST', '/gateway/callbacks', { eventTag: TAG, callbackUrl })).data;
  const portal = (bundle: string, uuid: string) => ({
    data: {
      type: `subscription--${bundle}`,
      attributes: { title: MARKER, target_id: MARKER, action: 'collection', uuid },
      relationships: { target_type: { data: { type: 'taxonomy_term--subscription_target_type', id: `${UUID}6` } } },
    },
  });
  const jsonApi = { 'content-type': JSON_API };
  const path = '/portal/api/v2/subscription';
  await must(as('victimUser'), 'POST', `${path}/subscription`, portal('subscription', `${UUID}7`), jsonApi);
  const list = 'system_subscription_list';
  await must(as('victimOperator'), 'POST', `${path}/${list}`, portal(list, `${UUID}8`), jsonApi);

  const publish = (event_topic: string, event_type: string) =>
    must(as('victimProducer'), 'POST', '/api/publish', {
      ...{ event_source: MARKER, event_topic, event_type, event_status: '1', changes: [{ marker: MARKER }] },
    });
  const { request_id: event } = await publish('gs', 'cert');
  await publish(...(TAG.split('|') as [string, string]));
  const delivery = await knex('deliveries').where({ subscription_id: subscription.id }).first('id');
  const lane = await knex('lanes').where({ subscription_id: subscription.id }).first('id');
  const failed = await knex('deliveries').where({ topic: TAG }).first('id');
  await knex('deliveries')
    .where({ id: failed.id })
    .update({ state: 'failed', reason: MARKER, finished_at: new Date() });

  return {
    url,
    knex,
    keys,
    lines,
    own: {
      ...{ subscription: subscription.id, cmdb: cmdb.data.subscription_id, gateway: gateway.id, event },
      ...{ delivery: delivery.id, lane: lane.id, failed: failed.id, portal: `${UUID}7`, portalDefault: `${UUID}8` },
      ...{ key: keys.victim.split('_')[1] ?? '', termUuid: `${UUID}6`, callbackUrl: receiver.url('/elsewhere') },
    },
    receiver,
    call: (name: KeyName | null, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call({ url, key: name ? keys[name] : '' }, method, path, body, headers),
    /** A body as it is, well-formed or not. */
    send: (
      name: KeyName,
      method: string,
      path: string,
      { body, headers }: { body?: string | Buffer; headers?: Record<string, string> },
    ) => {
      const usual = body === undefined ? undefined : { 'content-type': 'application/json' };
      return fetch(url + path, { method, headers: { ...usual, ...headers, authorization: keys[name] }, body });
    },
    /** Every row of every table, but for who is alive and what the database keeps for itself. */
    async everything(): Promise<string> {
      const { rows } = await knex.raw(`SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
        WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition
          AND relname NOT IN ('processes', 'knex_migrations', 'schema_migrations') ORDER BY 1`);
      const tables = rows.map(({ relname }: { relname: string }) => relname);
      const dumped = await Promise.all(
        tables.map(async (table: string) => {
          const dump = await knex.raw(`SELECT coalesce(json_agg(t ORDER BY t::text), '[]')::text AS rows FROM ?? t`, [
            table,
          ]);
          return `${table} ${dump.rows[0].rows}`;
        }),
      );
      return dumped.join('\n');
    },
    async stop() {
      await close();
      await node.stop();
      await installation.stop();
      await receiver.stop();
    },
  };
}

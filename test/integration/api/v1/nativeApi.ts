import { randomBytes, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { pino } from 'pino';
import { createApi, ROUTES } from '../../../../src/api/server';
import type { Role } from '../../../../src/contracts/states';
import { acceptEvents } from '../../../../src/db/carrying/accept';
import { pauseSubscription, resumeSubscription } from '../../../../src/db/carrying/pauseSubscription';
import { cancelDelivery, retryDelivery } from '../../../../src/db/carrying/steer';
import { activateLanes, processHistory, stopLane } from '../../../../src/db/carrying/steerLanes';
import { openDatabase } from '../../../../src/db/database';
import { steerOnce } from '../../../../src/db/steerings';
import { sweepCancellations } from '../../../../src/db/sweeping/sweepCancellations';
import type { QuotaLimits } from '../../../../src/domain/quotaLimits';
import { selectionsOf } from '../../../../src/domain/selectors';
import { checkCallbackUrl, parseCallbackUrl } from '../../../../src/outbound/callbackUrl';
import { createEgressPolicy } from '../../../../src/outbound/egressPolicy';
import { Patterns } from '../../../../src/outbound/patterns/patterns';
import { newSigningSecret } from '../../../../src/outbound/sign';
import { createServices } from '../../../../src/services';
import type { Commands } from '../../../../src/services/commands';
import { Refusal } from '../../../../src/services/errors';
import { createAuthenticator } from '../../../../src/services/keys/authenticate';
import { createKey } from '../../../../src/services/keys/createKey';
import { createMetrics } from '../../../../src/services/metrics';
import { createSecretBox } from '../../../../src/services/secretBox';
import { API_OPTIONS } from '../../../support/apiOptions';
import { NO_WAY_OUT } from '../../../support/callOut';
import { createTestDatabase } from '../../../support/postgres';
import { steerOn } from '../../../support/steer';
import { OPERATOR, READY } from '../testApi';

const KEYS = {
  operator: { roles: ['operator'] },
  acmeOperator: { tenantId: 'acme', roles: ['operator'] },
  rivalOperator: { tenantId: 'rival', roles: ['operator'] },
  shop: { tenantId: 'acme', appId: 'shop', roles: ['subscriber'] },
  desk: { tenantId: 'acme', appId: 'desk', roles: ['subscriber'] },
  spy: { tenantId: 'rival', appId: 'spy', roles: ['subscriber'] },
  portalUser: { tenantId: 'acme', appId: 'shop', roles: ['subscriber'], subject: 'ann' },
  producer: { tenantId: 'acme', roles: ['producer'] },
  rivalProducer: { tenantId: 'rival', roles: ['producer'] },
  platform: { roles: ['platform'] },
} satisfies Record<string, { tenantId?: string; appId?: string; roles: Role[]; subject?: string }>;

export type KeyName = keyof typeof KEYS;
export const KEY_NAMES = Object.keys(KEYS) as KeyName[];

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any;
}

/**
 * The whole API over real HTTP and PostgreSQL, with two tenants, three apps, a key of each kind and the topics `gs`,
 * `hs` and `octo/hello`. Commands write their rows and stop there: what Temporal makes of them is not this layer's.
 */
export async function startNativeApi({
  sweeps = true,
  quotaLimits,
}: {
  sweeps?: boolean;
  quotaLimits?: QuotaLimits;
} = {}) {
  const database = await createTestDatabase();
  const db = openDatabase({ url: database.url, onIdleError: () => undefined });
  const { knex } = db;
  await knex('tenants').insert(['acme', 'rival'].map((id) => ({ id, name: id })));
  await knex('apps').insert([
    { tenant_id: 'acme', id: 'shop', name: 'Shop' },
    { tenant_id: 'acme', id: 'desk', name: 'Desk' },
    { tenant_id: 'rival', id: 'spy', name: 'Spy' },
  ]);
  await knex('topics').insert(['gs', 'hs', 'octo/hello'].map((topic) => ({ topic, name: topic })));
  const keys = {} as Record<KeyName, string>;
  for (const name of KEY_NAMES) keys[name] = (await createKey(knex, { caller: OPERATOR, ...KEYS[name] })).key;

  const steer = steerOn(knex);
  /** One after another, as in the product. */
  let sweeping: Promise<unknown> = Promise.resolve();
  const commands: Commands = {
    async retryDelivery(id) {
      if ((await retryDelivery(knex, id)).kind === 'refused') throw new Refusal(409, 'refused');
    },
    async cancelDelivery(id) {
      if ((await cancelDelivery(steer, { deliveryId: id, reason: 'by hand' })).kind === 'refused') {
        throw new Refusal(409, 'refused');
      }
    },
    pauseSubscription: async (id) => void (await pauseSubscription(steer, id)),
    resumeSubscription: async (id) => void (await resumeSubscription(steer, id)),
    processHistory: async (ids) => void (await processHistory(steer, ids)),
    activateLanes: async (laneIds, { since = null, read = async () => undefined } = {}) =>
      void (await activateLanes(knex, steerOnce(steer, read), { laneIds, since })),
    async stopLane(id) {
      if ((await stopLane(steer, id)) === 'refused') throw new Refusal(409, 'refused');
    },
    sweepCancellations() {
      // What a test leaves behind ends with its database.
      if (sweeps) sweeping = sweeping.then(() => sweepCancellations(knex, () => true)).catch(() => undefined);
    },
  };
  const egress = createEgressPolicy({ allow: [] });
  const patterns = new Patterns();
  const secretBox = createSecretBox(randomBytes(32));
  const services = createServices({
    db: knex,
    steer,
    commands,
    publish: async () => ({ eventId: randomUUID() }),
    secretBox,
    testCalls: NO_WAY_OUT,
    checkCallbackUrl: (text) => void checkCallbackUrl(text, egress),
    compilePattern: (input) => patterns.compile(input),
    checkUrlText: (text) => void parseCallbackUrl(text),
    newSigningSecret,
    retentionDays: 30,
    quotaLimits,
  });
  const api = createApi({
    routes: ROUTES,
    services,
    authenticate: createAuthenticator(db.keys),
    readiness: async () => READY,
    metrics: createMetrics({ oldestPendingSeconds: async () => 0 }),
    log: pino({ level: process.env.TEST_LOG ?? 'silent' }),
    maxEventBytes: 262_144,
    rateLimitPerKey: 100_000,
    ...API_OPTIONS,
  });
  const { url, close } = await api.listen({ host: '127.0.0.1', port: 0 });

  async function call(
    key: KeyName | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key && { authorization: `Bearer ${keys[key]}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  return {
    url,
    databaseUrl: database.url,
    db,
    secretBox,
    commands,
    steer,
    keys,
    call,
    /** A subscription made over HTTP; for its id mostly. */
    async subscribe(key: KeyName, more: Record<string, unknown> = {}) {
      const body = { callbackUrl: 'https://hooks.example/a', topics: ['gs'], ...more };
      const answer = await call(key, 'POST', '/v1/subscriptions', body);
      if (answer.status !== 201) throw new Error(JSON.stringify(answer));
      return answer.body;
    },
    /** Accepts an event as a publish does. */
    async publish({
      tenantId = 'acme',
      topic = 'gs',
      type = 'cert',
      changes = '["id1"]',
      publisher = { tenantId, appId: null, keyId: 'k' } as {
        tenantId: string | null;
        appId: string | null;
        keyId: string;
      },
    } = {}): Promise<{ eventId: string; deliveryIds: string[] }> {
      const address = { source: 'a', topic, type, status: '1' };
      const event = {
        tenantId,
        ...address,
        key: `a.${topic}.${type}.1`,
        changes,
        publisher,
        selections: selectionsOf({ ...address, changes: '[]' }),
      };
      const [accepted] = await acceptEvents(db, { events: [event], attempting: false });
      if (!accepted || 'knownKey' in accepted) throw new Error('not accepted');
      return { eventId: accepted.eventId, deliveryIds: accepted.deliveries.map(({ deliveryId }) => deliveryId) };
    },
    /** The id part of a key. */
    keyId: (name: KeyName) => keys[name].split('_')[1] ?? '',
    async stop() {
      await close();
      await sweeping;
      await db.close();
      await database.drop();
    },
  };
}

export type NativeApi = Awaited<ReturnType<typeof startNativeApi>>;

/** What is cancelled as a whole, without how far the sweep in the background is. */
export const readCancellations = (knex: Knex) =>
  knex('subscription_cancellations').orderBy('subscription_id').select('subscription_id', 'at', 'readded');

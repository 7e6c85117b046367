import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import type { Readiness } from '../../../src/api/route';
import { type ApiOptions, createApi, ROUTES } from '../../../src/api/server';
import type { PublishedEvent } from '../../../src/db/carrying/acceptance';
import { openDatabase } from '../../../src/db/database';
import type { Services } from '../../../src/services';
import type { Caller } from '../../../src/services/caller';
import { createAuthenticator } from '../../../src/services/keys/authenticate';
import { createKey } from '../../../src/services/keys/createKey';
import { createMetrics } from '../../../src/services/metrics';
import type { Publish } from '../../../src/services/publish';
import { API_OPTIONS } from '../../support/apiOptions';
import { createTestDatabase } from '../../support/postgres';

export const EVENT_ID = 'b372be68-6fa6-4590-b927-a4096e6a05e6';
export const OPERATOR: Caller = { keyId: 'boot', tenantId: null, appId: null, roles: ['operator'], subject: null };
export const READY: Readiness = {
  parts: {
    postgres: { ok: true, clockOffsetMs: 0 },
    temporal: { ok: true },
    worker: { ok: true },
    reconcile: { ok: true },
    retention: { ok: true },
    searchAttributes: { ok: true },
  },
  needed: ['postgres'],
};

/** The API on a free port over a database of its own, with tenants `acme` and `rival`, and a publish that only records. */
export async function startTestApi(
  { publish, ...options }: Partial<ApiOptions> & { publish?: Publish } = {},
  { port = 0 }: { port?: number } = {},
) {
  const database = await createTestDatabase();
  const db = openDatabase({ url: database.url, onIdleError: () => undefined });
  await db.knex('tenants').insert([
    { id: 'acme', name: 'Acme' },
    { id: 'rival', name: 'Rival' },
  ]);
  await db.knex('apps').insert({ tenant_id: 'acme', id: 'shop', name: 'Shop' });

  const published: PublishedEvent[] = [];
  const services = {
    async publish(input) {
      published.push(input);
      return publish ? publish(input) : { eventId: EVENT_ID };
    },
  } as Partial<Services> as Services;
  const lines: Record<string, unknown>[] = [];
  const logged = new PassThrough();
  logged.on('data', (line: Buffer) => lines.push(JSON.parse(line.toString())));
  const metrics = createMetrics({ oldestPendingSeconds: async () => 7 });

  const api = createApi({
    routes: ROUTES,
    services,
    authenticate: createAuthenticator(db.keys),
    readiness: async () => READY,
    metrics,
    log: pino({ level: 'info' }, logged),
    maxEventBytes: 262_144,
    rateLimitPerKey: 2000,
    ...API_OPTIONS,
    ...options,
  });
  const { url, close } = await api.listen({ host: '127.0.0.1', port }).catch(async (error: unknown) => {
    await db.close();
    await database.drop();
    throw error;
  });

  return {
    url,
    db,
    published,
    metrics,
    /** What was logged so far, one object a line. */
    lines,
    key: async (input: Omit<Parameters<typeof createKey>[1], 'caller'>) =>
      (await createKey(db.knex, { caller: OPERATOR, ...input })).key,
    async stop() {
      await close();
      await db.close();
      await database.drop();
    },
  };
}

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;

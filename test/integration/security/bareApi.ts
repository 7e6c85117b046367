import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { type ApiOptions, createApi, ROUTES } from '../../../src/api/server';
import type { PublishedEvent } from '../../../src/db/carrying/acceptance';
import type { Services } from '../../../src/services';
import type { Caller } from '../../../src/services/caller';
import { createMetrics } from '../../../src/services/metrics';
import type { Publish } from '../../../src/services/publish';
import { API_OPTIONS } from '../../support/apiOptions';
import { READY } from '../api/testApi';

/** The API as it listens, without a database: some keys of its own, and a publish that only records. */
export async function startBareApi({ publish, ...options }: Partial<ApiOptions> & { publish?: Publish } = {}) {
  const callers = new Map<string, Caller>();
  const published: PublishedEvent[] = [];
  const services: Partial<Services> = {
    async publish(input) {
      published.push(input);
      return publish ? publish(input) : { eventId: 'e' };
    },
  };
  const metrics = createMetrics({ oldestPendingSeconds: async () => 0 });
  const api = createApi({
    routes: ROUTES,
    services: services as Services,
    authenticate: (authorization) => callers.get(authorization ?? '') ?? null,
    readiness: async () => READY,
    metrics,
    log: pino({ level: 'silent' }),
    maxEventBytes: 262_144,
    rateLimitPerKey: 100_000,
    ...API_OPTIONS,
    ...options,
  });
  const { url, close } = await api.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    published,
    metrics,
    key({ tenantId, roles = ['producer'] }: Pick<Caller, 'tenantId'> & Partial<Pick<Caller, 'roles'>>): string {
      const keyId = randomBytes(8).toString('hex');
      callers.set(keyId, { keyId, tenantId, appId: 'shop', roles, subject: null });
      return keyId;
    },
    stop: close,
  };
}

export type BareApi = Awaited<ReturnType<typeof startBareApi>>;

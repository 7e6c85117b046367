import { randomUUID } from 'node:crypto';
import { acceptEvents, type EventsToAccept } from '../../../src/db/carrying/accept';
import type { AcceptedEvent, EventToAccept, KnownKey } from '../../../src/db/carrying/acceptance';
import { openDatabase } from '../../../src/db/database';
import type { SteeringTransaction } from '../../../src/db/steerings';
import type { Outcome } from '../../../src/domain/delivery';
import { QUOTA_LIMITS } from '../../../src/domain/quotaLimits';
import { selectionsOf } from '../../../src/domain/selectors';
import { createQuotas } from '../../../src/services/quotas';
import { createSecretBox } from '../../../src/services/secretBox';
import { createSubscription } from '../../../src/services/subscriptions/create';
import { writeChange } from '../../../src/services/subscriptions/writes';
import { NO_WAY_OUT } from '../../support/callOut';
import { createTestDatabase } from '../../support/postgres';
import { steerOn } from '../../support/steer';

const TENANTS = ['acme', 'rival'];
const OPERATOR = { keyId: 'test', tenantId: null, appId: null, roles: ['operator'] as const, subject: null };

/** PostgreSQL alone, as the carrying statements see it: no Temporal, no HTTP. */
export async function startCarrying() {
  const database = await createTestDatabase();
  const db = openDatabase({ url: database.url, onIdleError: () => undefined });
  const { knex } = db;
  await knex('tenants').insert(TENANTS.map((id) => ({ id, name: id })));
  await knex('apps').insert(TENANTS.map((tenant_id) => ({ tenant_id, id: 'shop', name: 'Shop' })));
  await knex('topics').insert(['gs', 'hs'].map((topic) => ({ topic, name: topic })));
  const secretBox = createSecretBox(Buffer.alloc(32, 7));
  const steer = steerOn(knex);

  function accept(
    events: EventToAccept[],
    { attempting = true, ...more }: Partial<Omit<EventsToAccept, 'events'>> = {},
  ): Promise<(AcceptedEvent | KnownKey)[]> {
    return acceptEvents(db, { events, attempting, ...more });
  }

  return {
    url: database.url,
    db,
    knex,
    steer,
    accept,
    async acceptEvent(event: Partial<EventToAccept> = {}): Promise<string> {
      const [accepted] = await accept([toAccept(event)]);
      if (!accepted || !('eventId' in accepted)) throw new Error('a known key');
      return accepted.eventId;
    },
    /** @returns the one delivery of one event. */
    async acceptOne(event: Partial<EventToAccept> = {}, options?: { attempting?: boolean }) {
      const [accepted] = await accept([toAccept(event)], options);
      const delivery = accepted && 'deliveries' in accepted ? accepted.deliveries[0] : undefined;
      if (!delivery) throw new Error('nothing matches this event');
      return delivery;
    },
    async subscribe({
      tenantId = 'acme',
      topics = ['gs'],
      maxInFlight = 10,
      ordered = false,
      historyRequired = false,
    } = {}): Promise<string> {
      const { id } = await createSubscription(
        {
          db: knex,
          steer,
          commands: {
            pauseSubscription: async () => undefined,
            resumeSubscription: async () => undefined,
            sweepCancellations: async () => undefined,
          },
          secretBox,
          testCalls: NO_WAY_OUT,
          checkCallbackUrl: () => undefined,
          compilePattern: async () => ({ programSize: 1 }),
          checkUrlText: () => undefined,
          newSigningSecret: () => 'whsec_dGVzdA==',
          quotas: createQuotas(QUOTA_LIMITS),
        },
        {
          caller: OPERATOR,
          app: { tenantId, appId: 'shop' },
          callbackUrl: 'http://127.0.0.1:1/hook',
          topics,
          description: null,
          timeoutMs: 15_000,
          retry: [60],
          maxInFlight,
          ordered,
          historyRequired,
        },
      );
      return id;
    },
    /** As a PATCH does, in a transaction of its own or in the caller's. */
    changeTopics(id: string, topics: string[], inside?: SteeringTransaction) {
      const change = (trx: SteeringTransaction) => writeChange(trx, { id, topics: topics.map((topic) => ({ topic })) });
      return inside ? change(inside) : steer(change);
    },
    row: (deliveryId: string) => knex('deliveries').where({ id: deliveryId }).first(),
    async stop() {
      await db.close();
      await database.drop();
    },
  };
}

export type Carrying = Awaited<ReturnType<typeof startCarrying>>;

export function toAccept(event: Partial<EventToAccept> = {}): EventToAccept {
  const address = { topic: 'gs', type: 'cert', changes: '["id1"]', ...event };
  return {
    tenantId: 'acme',
    source: 'test',
    status: '1',
    key: randomUUID(),
    publisher: { tenantId: 'acme', appId: null, keyId: 'test' },
    selections: selectionsOf(address),
    ...address,
  };
}

/** Of an attempt that took 5 ms and has just ended. */
export function outcomeOf(of: Pick<Outcome, 'deliveryId' | 'generation' | 'attempt'>, statusCode: number): Outcome {
  const isDelivered = statusCode < 300;
  return {
    ...of,
    startedAgoMs: 5,
    durationMs: 5,
    statusCode,
    fault: null,
    error: null,
    responseExcerpt: null,
    state: isDelivered ? 'delivered' : 'pending',
    reason: null,
    waitMs: isDelivered ? null : 60_000,
  };
}

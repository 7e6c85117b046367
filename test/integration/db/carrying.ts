import { randomUUID } from 'node:crypto';
import { acceptEvents } from '../../../src/db/carrying/accept';
import type { AcceptedEvent, EventToAccept, KnownKey } from '../../../src/db/carrying/acceptance';
import { openDatabase } from '../../../src/db/database';
import type { Outcome } from '../../../src/domain/delivery';
import { selectionsOf } from '../../../src/domain/selectors';
import { createSecretBox } from '../../../src/services/secretBox';
import { createSubscription } from '../../../src/services/subscriptions/create';
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
    { attempting = true, maxAtOnce }: { attempting?: boolean; maxAtOnce?: number } = {},
  ): Promise<(AcceptedEvent | KnownKey)[]> {
    return acceptEvents(db, { events, attempting, maxAtOnce });
  }

  return {
    url: database.url,
    db,
    knex,
    steer,
    accept,
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
          callOut: NO_WAY_OUT,
          checkCallbackUrl: () => undefined,
          newSigningSecret: () => 'whsec_dGVzdA==',
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
    error: null,
    responseExcerpt: null,
    state: isDelivered ? 'delivered' : 'pending',
    reason: null,
    waitMs: isDelivered ? null : 60_000,
  };
}

import knexLib, { type Knex } from 'knex';
import { dayOfId } from '../../../src/contracts/ids';
import { readDeliveryTotals } from '../../../src/db/deliveryTotals';
import { PARTITIONED_TABLES, partitionName } from '../../../src/db/partitions';
import { retain } from '../../../src/db/retention/retain';
import { waitForBlocked } from '../../support/locks';
import { startCarrying } from './carrying';

export const RETENTION_DAYS = 30;
const DAY_MS = 24 * 60 * 60_000;

export const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

export interface Seed {
  day: string;
  subscriptionId: string;
  state: 'pending' | 'delivered' | 'failed' | 'cancelled';
  /** Default 1. */
  count?: number;
  /** Default: on the day itself, with its event. */
  finishedDaysAgo?: number;
  /** Of a pending one; default: its carrier is late. */
  behindLane?: boolean;
  laneNumber?: number;
  /** Of the event. Default `[1]`. */
  changes?: string;
}

/** So much to keep that the day is not dropped: more than retention moves at once, in few rows. */
const MUCH = { count: 36, changes: `["${'x'.repeat(250_000)}"]` };

export async function makeDay(knex: Knex, day: string): Promise<void> {
  const next = new Date(Date.parse(day) + DAY_MS).toISOString().slice(0, 10);
  for (const table of PARTITIONED_TABLES) {
    await knex.raw(`CREATE TABLE IF NOT EXISTS ?? PARTITION OF ?? FOR VALUES FROM ('${day}') TO ('${next}')`, [
      partitionName(table, day),
      table,
    ]);
  }
}

/** An event with one delivery and one attempt each. @returns the deliveries' ids. */
export async function seed(knex: Knex, row: Seed): Promise<string[]> {
  await makeDay(knex, row.day);
  const { rows } = await knex.raw<{ rows: { id: string }[] }>(
    `WITH event AS (
       INSERT INTO events (id, day, tenant_id, source, topic, type, status, key, changes, publisher_key_id, accepted_at)
       SELECT uuid_v7_at((extract(epoch FROM ?::date::timestamp + interval '1 hour') * 1000)::bigint + n), ?::date, 'acme',
              's', 'gs', 't', '1', 'k', ?, 'key', (?::date + time '01:00') AT TIME ZONE 'UTC'
       FROM generate_series(1, ?::int) AS n
       RETURNING id, day, accepted_at
     ), delivery AS (
       INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state, attempt,
                               created_at, finished_at, due_by, lane_number)
       SELECT uuid_v7_at((extract(epoch FROM accepted_at) * 1000)::bigint), day, id, 'acme', ?::uuid, 'acme', 'shop', 'gs',
              s.state, 1, accepted_at,
              CASE WHEN s.state <> 'pending' THEN coalesce(now() - ?::float8 * interval '24 hours', accepted_at) END,
              CASE WHEN s.state = 'pending' AND NOT ? THEN now() - interval '1 s' END, ?::bigint
       FROM event, (SELECT ?::text AS state) s
       RETURNING id, day, created_at
     ), attempt AS (
       INSERT INTO attempts (delivery_id, day, number, started_at, duration_ms)
       SELECT id, day, 1, created_at, 5 FROM delivery
     )
     SELECT id FROM delivery ORDER BY id`,
    [
      ...[
        row.day,
        row.day,
        row.changes ?? '[1]',
        row.day,
        row.count ?? 1,
        row.subscriptionId,
        row.finishedDaysAgo ?? null,
      ],
      ...[row.behindLane ?? row.laneNumber !== undefined, row.laneNumber ?? null, row.state],
    ],
  );
  return rows.map(({ id }) => id);
}

/** PostgreSQL with a subscription, and what a test of retention asks of it. */
export async function startRetention() {
  const carrying = await startCarrying();
  const { knex } = carrying;
  const subscriptionId = await carrying.subscribe();
  const others = await carrying.subscribe({ topics: ['hs'] });
  const { config } = knex.client;
  // What a test holds back on purpose waits for as long as the test needs on a busy machine.
  const patience = { lock_timeout: 60_000, statement_timeout: 60_000, query_timeout: 60_000 };
  const patient = knexLib({ ...config, connection: { ...config.connection, ...patience } });
  return {
    ...carrying,
    patient,
    subscriptionId,
    round: (retentionDays = RETENTION_DAYS) => retain(patient, { retentionDays }),
    seedMuch: (day: string) => seed(patient, { day, state: 'pending', subscriptionId: others, ...MUCH }),
    async stop() {
      await patient.destroy();
      await carrying.stop();
    },
    seed: (row: Omit<Seed, 'subscriptionId'> & { subscriptionId?: string }) =>
      seed(patient, { subscriptionId, ...row }),
    totals: async (id = subscriptionId) => (await readDeliveryTotals(knex, [id])).get(id),
    /** Ids of the day that are there, and where: one `column` of a table. */
    async on(day: string, table = 'deliveries', column = 'id'): Promise<string[]> {
      return (await knex(table).where({ day }).orderBy(column).pluck(column)) as string[];
    },
    async hasPartition(day: string): Promise<boolean> {
      const { rows } = await knex.raw('SELECT to_regclass(?) IS NOT NULL AS there', [partitionName('deliveries', day)]);
      return rows[0].there;
    },
    /** Until somebody waits for a lock in a statement that matches. */
    waitsForLock: (statement: string) => waitForBlocked(knex, statement),
  };
}

export type Retention = Awaited<ReturnType<typeof startRetention>>;

/** Makes a published event as old as that: its deliveries, attempts and Idempotency-Key too, but not when they finished. @returns its new id. */
export async function ageEvent(knex: Knex, { eventId, days }: { eventId: string; days: number }): Promise<string> {
  const aged = (id: string) => {
    const ms = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) - days * DAY_MS;
    const hex = ms.toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}${id.slice(13)}`;
  };
  const id = aged(eventId);
  const day = dayOfId(id);
  const earlier = (column: string) => knex.raw("?? - ? * interval '24 hours'", [column, days]);
  await makeDay(knex, day);
  await knex.transaction(async (trx) => {
    for (const delivery of await trx('deliveries').where({ event_id: eventId }).pluck('id')) {
      await trx('attempts')
        .where({ delivery_id: delivery })
        .update({ delivery_id: aged(delivery), day, started_at: earlier('started_at') });
      await trx('deliveries')
        .where({ id: delivery })
        .update({ id: aged(delivery), event_id: id, day, created_at: earlier('created_at') });
    }
    await trx('events')
      .where({ id: eventId })
      .update({ id, day, accepted_at: earlier('accepted_at') });
    await trx('idempotency_keys')
      .where({ event_id: eventId })
      .update({ event_id: id, expires_at: earlier('expires_at') });
  });
  return id;
}

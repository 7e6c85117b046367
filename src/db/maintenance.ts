import type { Knex } from 'knex';
import type { Database, Statement } from './database';

/** The schedules that say of themselves when a round succeeded. */
export type MaintenanceName = 'reconcile' | 'retention';

const SUCCEEDED: Statement = {
  name: 'maintenance_succeeded',
  text: `
INSERT INTO maintenance (name, succeeded_at) VALUES ($1, now())
ON CONFLICT (name) DO UPDATE SET succeeded_at = excluded.succeeded_at`,
};

/** A round has succeeded, also one that found nothing to do. */
export async function recordSuccess(db: Database, name: MaintenanceName): Promise<void> {
  await db.run(SUCCEEDED, [name]);
}

export interface MaintenanceStatus {
  /** Seconds since the last round that succeeded. */
  reconcileAgeS: number;
  retentionAgeS: number;
  /** The latest time that PostgreSQL's clock went back, while it is less than a day ago. */
  setback: { foundAt: Date; backMs: number } | null;
}

interface StatusRow {
  reconcile: number | null;
  retention: number | null;
  found_at: Date | null;
  back_ms: string | null;
}

/**
 * As every process sees it. A time that lies ahead, after PostgreSQL's clock has gone back, counts as no success: else
 * rounds could fail for as long as the clock went back, and nobody would see it.
 */
export async function readMaintenance(knex: Knex): Promise<MaintenanceStatus> {
  const { rows } = await knex.raw<{ rows: [StatusRow] }>(
    `SELECT ${ageOf('reconcile')} AS reconcile, ${ageOf('retention')} AS retention, s.found_at, s.back_ms
     FROM (SELECT) one LEFT JOIN LATERAL (
       SELECT found_at, back_ms FROM clock_setbacks WHERE found_at > now() - interval '1 day' ORDER BY id DESC LIMIT 1
     ) s ON true`,
  );
  const [{ reconcile, retention, found_at: foundAt, back_ms }] = rows;
  return {
    reconcileAgeS: reconcile ?? Number.POSITIVE_INFINITY,
    retentionAgeS: retention ?? Number.POSITIVE_INFINITY,
    setback: foundAt === null ? null : { foundAt, backMs: Number(back_ms) },
  };
}

/** One minute: what a round wrote a moment ago must not lie ahead for a clock that was corrected a little. */
const ageOf = (name: MaintenanceName) => `(
  SELECT greatest(0, extract(epoch FROM now() - succeeded_at))::float8 FROM maintenance
  WHERE name = '${name}' AND succeeded_at < now() + interval '1 minute')`;

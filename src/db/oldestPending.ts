import type { Knex } from 'knex';

/** Seconds since the acceptance of the oldest pending delivery, 0 without one. Reads the partial indexes of pending rows only. */
export async function oldestPendingSeconds(knex: Knex): Promise<number> {
  const { rows } = await knex.raw<{ rows: { age_s: number | null }[] }>(
    `SELECT extract(epoch FROM now() - min(created_at))::float8 AS age_s FROM deliveries WHERE state = 'pending'`,
  );
  return Math.max(0, rows[0]?.age_s ?? 0);
}

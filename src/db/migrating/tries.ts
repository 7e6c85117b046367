import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { hasSqlState } from '../violations';

/** Together two to three minutes: longer than the statements of the traffic may take, shorter than a dump of the database. */
const TRIES = 60;
/** For what has waited behind the try before. */
const PAUSE_MS = 1500;

/** deadlock_detected, lock_not_available, query_canceled (a lock statement's own timeout). */
const IN_THE_WAY = ['40P01', '55P03', '57014'];

/** Somebody held a table at every try. */
export class MigrationBlocked extends Error {
  constructor(what: string, holder: string | null) {
    super(
      `the migration ${what} could not lock its tables at ${TRIES} tries. ` +
        (holder === null
          ? 'What held them has ended by now: start again.'
          : `The oldest transaction that holds one is ${holder}: end it, or wait until it has ended, and start again.`),
    );
    this.name = 'MigrationBlocked';
  }
}

/**
 * Runs `work` until nobody is in its way, each time from its beginning.
 *
 * @param what names it in the error.
 * @param tables who holds one of these is named there.
 * @throws MigrationBlocked after two to three minutes of tries.
 */
export async function tryAgain<T>(
  knex: Knex,
  {
    what,
    tables,
    work,
    pauseMs = PAUSE_MS,
  }: { what: string; tables: readonly string[]; work(): Promise<T>; pauseMs?: number },
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!hasSqlState(error, ...IN_THE_WAY)) throw error;
      if (tries >= TRIES) throw new MigrationBlocked(what, await oldestHolder(knex, tables));
    }
    await sleep(pauseMs);
  }
}

/** Without its statement, which can quote a payload. */
async function oldestHolder(knex: Knex, tables: readonly string[]): Promise<string | null> {
  const { rows } = await knex.raw<{ rows: { holder: string }[] }>(
    `SELECT format('process %s of PostgreSQL (%s, %s, since %s)', a.pid,
                   coalesce(nullif(a.application_name, ''), a.backend_type), a.state, a.xact_start) AS holder
     FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.granted AND l.relation = ANY (SELECT to_regclass(name) FROM unnest(?::text[]) AS name)
     ORDER BY a.xact_start LIMIT 1`,
    [[...tables]],
  );
  return rows[0]?.holder ?? null;
}

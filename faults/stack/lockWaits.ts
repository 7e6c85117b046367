import type { PostgresServer } from './postgresServer';

const LOOK_EVERY_MS = 20;

/**
 * Watches how long publishes and other traffic wait for a table that somebody else has to himself, whatever else makes the
 * machine slow meanwhile. What migrates waits too, and makes nobody late by that: a wait for more than a row's lock is not counted.
 *
 * @returns a function that ends it and says the longest wait that was seen, in milliseconds.
 */
export async function watchLockWaits(postgres: PostgresServer): Promise<() => Promise<number>> {
  const client = await postgres.connect();
  let longestMs = 0;
  let isEnded = false;
  const watch = async () => {
    while (!isEnded) {
      const { rows } = await client.query<{ ms: number | null }>(LONGEST);
      longestMs = Math.max(longestMs, rows[0]?.ms ?? 0);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  };
  const watching = watch();
  return async () => {
    isEnded = true;
    await watching.finally(() => client.end());
    return Math.round(longestMs);
  };
}

const LONGEST = `
SELECT (extract(epoch FROM clock_timestamp() - min(waitstart)) * 1000)::float8 AS ms
FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND mode IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')`;

import type { Knex } from 'knex';
import { waitFor } from './engine';

/** Until `count` statements (default 1) whose beginning (PostgreSQL shows 1 kB of it) holds this, or is like this, wait for a lock. */
export async function waitForBlocked(
  knex: Knex,
  statement: string | RegExp,
  { timeoutMs, count = 1 }: { timeoutMs?: number; count?: number } = {},
): Promise<void> {
  await waitFor(
    async () => {
      const blocked = await knex('pg_stat_activity')
        .where({ datname: knex.raw('current_database()'), wait_event_type: 'Lock' })
        .select<{ query: string }[]>('query');
      return (
        blocked.filter(({ query }) =>
          typeof statement === 'string' ? query.includes(statement) : statement.test(query),
        ).length >= count || undefined
      );
    },
    { what: `${count} that wait for a lock: ${statement}`, timeoutMs },
  );
}

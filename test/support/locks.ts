import type { Knex } from 'knex';
import { waitFor } from './engine';

/** Until a statement whose beginning (PostgreSQL shows 1 kB of it) holds this, or is like this, waits for a lock. */
export async function waitForBlocked(
  knex: Knex,
  statement: string | RegExp,
  { timeoutMs }: { timeoutMs?: number } = {},
): Promise<void> {
  await waitFor(
    async () => {
      const blocked = await knex('pg_stat_activity')
        .where({ datname: knex.raw('current_database()'), wait_event_type: 'Lock' })
        .select<{ query: string }[]>('query');
      return (
        blocked.some(({ query }) =>
          typeof statement === 'string' ? query.includes(statement) : statement.test(query),
        ) || undefined
      );
    },
    { what: `a statement that waits for a lock: ${statement}`, timeoutMs },
  );
}

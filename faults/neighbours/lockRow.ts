import type { Lab } from '../lab';

/**
 * An attack while a row is held, as another transaction would hold it.
 *
 * @param select ends in FOR UPDATE; `$1` is the id.
 * @param begin begins the attack; what it resolves with ends it.
 */
export function whileLocked(
  lab: Lab,
  { select, id }: { select: string; id: string },
  begin: () => Promise<() => Promise<void>>,
): () => Promise<() => Promise<void>> {
  return async () => {
    const unlock = await lockRow(lab, select, id);
    const end = await begin();
    return async () => {
      await unlock();
      await end();
    };
  };
}

async function lockRow({ stack }: Lab, select: string, id: string): Promise<() => Promise<void>> {
  const client = await stack.postgres.connect();
  await client.query('BEGIN');
  await client.query(select, [id]);
  return () => client.end();
}

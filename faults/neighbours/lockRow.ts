import type { Lab } from '../lab';

/** Holds a row as another transaction would. @param select ends in FOR UPDATE; `$1` is the id. @returns what lets it go. */
export async function lockRow({ stack }: Lab, select: string, id: string): Promise<() => Promise<void>> {
  const client = await stack.postgres.connect();
  await client.query('BEGIN');
  await client.query(select, [id]);
  return () => client.end();
}

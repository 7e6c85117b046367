import type { Knex } from 'knex';
import { violates } from './violations';

export interface TargetType {
  number: number;
  name: string;
  /** Of the taxonomy term (portal.md). */
  uuid: string;
}

/**
 * Makes the entry, or replaces it; without a uuid the one it has stays, a new one gets a fresh one.
 *
 * @returns null when another entry has the uuid.
 */
export async function putTargetType(
  db: Knex,
  { number, name, uuid }: { number: number; name: string; uuid: string | null },
): Promise<{ targetType: TargetType; created: boolean } | null> {
  try {
    const { rows } = await db.raw<{ rows: [TargetType & { created: boolean }] }>(
      `INSERT INTO target_types AS t (number, name, uuid) VALUES (?, ?, coalesce(?, gen_random_uuid()::text))
       ON CONFLICT (number) DO UPDATE SET name = excluded.name, uuid = coalesce(?, t.uuid)
       RETURNING number, name, uuid, xmax = 0 AS created`,
      [number, name, uuid, uuid],
    );
    const [{ created, ...targetType }] = rows;
    return { targetType, created };
  } catch (error) {
    if (violates(error, 'target_types_uuid_key')) return null;
    throw error;
  }
}

export async function findTargetType(db: Knex, number: number): Promise<TargetType | null> {
  return (await db<TargetType>('target_types').where({ number }).first()) ?? null;
}

/** Ascending by number. */
export async function listTargetTypes(
  db: Knex,
  { after, limit }: { after: number | null; limit: number },
): Promise<TargetType[]> {
  return db<TargetType>('target_types')
    .modify((query) => after !== null && query.where('number', '>', after))
    .orderBy('number')
    .limit(limit);
}

import type { Knex } from 'knex';
import type { TargetType } from '../targetTypes';

/** A target type, as the taxonomy term that it is. */
export type Term = Pick<TargetType, 'number' | 'uuid'>;

/** null for one that is not in the catalogue. */
export async function findTerm(db: Knex, name: Pick<Term, 'number'> | Pick<Term, 'uuid'>): Promise<Term | null> {
  return (await db<TargetType>('target_types').where(name).first('number', 'uuid')) ?? null;
}

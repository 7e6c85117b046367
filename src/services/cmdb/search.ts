import type { Knex } from 'knex';
import { type CmdbSearch, type CmdbSubscription, searchSubscriptions } from '../../db/cmdb/search';
import { type CalledPlace, placeOf } from './place';

export type CmdbPage = Pick<CmdbSearch, 'start' | 'limit' | 'sort' | 'condition'>;

/** @throws Refusal 403 for another's account. */
export async function search(
  db: Knex,
  { page, ...called }: CalledPlace & { page: CmdbPage },
): Promise<CmdbSubscription[]> {
  return searchSubscriptions(db, { ...placeOf(called), ...page });
}

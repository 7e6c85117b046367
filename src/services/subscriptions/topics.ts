import type { Knex } from 'knex';
import { unknownTopics } from '../../db/topics';
import { Refusal } from '../errors';

/** Repeated topics count once. @throws Refusal 400 naming those that are not in the catalogue. */
export async function requireTopics(db: Knex, topics: readonly string[]): Promise<string[]> {
  const distinct = [...new Set(topics)];
  const unknown = await unknownTopics(db, distinct);
  if (unknown.length > 0) throw new Refusal(400, `not in the catalogue of topics: ${unknown.join(', ')}`, 'topics');
  return distinct;
}

import type { Knex } from 'knex';
import { pageOfTopics, type Topic } from '../../db/topics';

export interface TopicPage {
  /** From 1. */
  current: number;
  pageSize: number;
}

/** Ascending by topic. `total`: of the catalogue. */
export function listTopics(db: Knex, page: TopicPage): Promise<{ topics: Topic[]; total: number }> {
  return pageOfTopics(db, page);
}

import type { Knex } from 'knex';
import { audit } from '../db/audit';
import { findTopics, listTopics, putTopic, type Topic } from '../db/topics';
import { requireInstallation } from './access';
import type { Caller } from './caller';
import { notFound } from './errors';
import { type Page, type PageRequest, readPage } from './page';

/** The catalogue is one for the installation. */
export interface Topics {
  /** @throws Refusal 403 for an operator of one tenant. */
  put(caller: Caller, topic: Omit<Topic, 'createdAt' | 'updatedAt'>): Promise<{ topic: Topic; created: boolean }>;
  /** @throws Refusal 404. */
  read(topic: string): Promise<Topic>;
  list(page: PageRequest): Promise<Page<Topic>>;
}

export function createTopics(db: Knex): Topics {
  return {
    async put(caller, topic) {
      requireInstallation(caller);
      return db.transaction(async (trx) => {
        const put = await putTopic(trx, topic);
        const { topic: id, description, ...change } = topic;
        await audit(trx, { object: 'topic', id, of: { tenantId: null }, change });
        return put;
      });
    },
    async read(name) {
      const [topic] = await findTopics(db, [name]);
      if (!topic) throw notFound('topic');
      return topic;
    },
    list(page) {
      return readPage(
        page,
        (request) => listTopics(db, request),
        (topic) => topic.topic,
      );
    },
  };
}

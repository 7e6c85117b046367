import type { Knex } from 'knex';

export interface Topic {
  topic: string;
  name: string;
  description: string | null;
  historyRequired: boolean;
  createdAt: Date;
  updatedAt: Date;
}

interface TopicRow {
  topic: string;
  name: string;
  description: string | null;
  history_required: boolean;
  created_at: Date;
  updated_at: Date;
}

function toTopic(row: TopicRow): Topic {
  return {
    topic: row.topic,
    name: row.name,
    description: row.description,
    historyRequired: row.history_required,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Makes the entry, or replaces all of it. */
export async function putTopic(
  db: Knex,
  { topic, name, description, historyRequired }: Omit<Topic, 'createdAt' | 'updatedAt'>,
): Promise<{ topic: Topic; created: boolean }> {
  const { rows } = await db.raw<{ rows: [TopicRow & { created: boolean }] }>(
    `INSERT INTO topics (topic, name, description, history_required) VALUES (?, ?, ?, ?)
     ON CONFLICT (topic) DO UPDATE SET name = excluded.name, description = excluded.description,
       history_required = excluded.history_required, updated_at = now()
     RETURNING *, xmax = 0 AS created`,
    [topic, name, description, historyRequired],
  );
  return { topic: toTopic(rows[0]), created: rows[0].created };
}

/** Ascending by topic. */
export async function listTopics(
  db: Knex,
  { after, limit }: { after: string | null; limit: number },
): Promise<Topic[]> {
  const rows = await db<TopicRow>('topics')
    .modify((query) => after !== null && query.where('topic', '>', after))
    .orderBy('topic')
    .limit(limit);
  return rows.map(toTopic);
}

/** Those of `topics` that the catalogue does not have, in their order. */
export async function unknownTopics(db: Knex, topics: readonly string[]): Promise<string[]> {
  const rows = await db<TopicRow>('topics').whereIn('topic', topics).select('topic');
  const known = new Set(rows.map((row) => row.topic));
  return topics.filter((topic) => !known.has(topic));
}

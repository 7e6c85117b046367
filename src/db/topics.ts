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

/** One page of the catalogue by its number, ascending by topic; and how many entries the catalogue has. */
export async function pageOfTopics(
  db: Knex,
  { current, pageSize }: { current: number; pageSize: number },
): Promise<{ topics: Topic[]; total: number }> {
  const rows = await db<TopicRow>('topics')
    .orderBy('topic')
    .offset((current - 1) * pageSize)
    .limit(pageSize);
  const [counted] = await db('topics').count<{ count: string }[]>();
  return { topics: rows.map(toTopic), total: Number(counted?.count ?? 0) };
}

/** Those of `topics` that the catalogue has, in no order. */
export async function findTopics(db: Knex, topics: readonly string[]): Promise<Topic[]> {
  return (await db<TopicRow>('topics').whereIn('topic', topics)).map(toTopic);
}

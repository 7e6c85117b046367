import type { Knex } from 'knex';

/** Names a call that may come again. Each is a SHA-256. */
export interface RepeatableRequest {
  owner: Buffer;
  key: Buffer;
  /** Of everything else that is asked for. */
  requestHash: Buffer;
}

/** Encrypted. */
export interface StoredAnswer {
  ciphertext: Buffer;
  keyId: string;
}

export interface FirstAnswer extends StoredAnswer {
  requestHash: Buffer;
}

/** A lost answer is asked for again within minutes; a job that failed at night is repeated by hand in the morning. */
const KEPT = '24 hours';
const PAGE = 5000;

interface AnswerRow {
  request_hash: Buffer;
  answer: Buffer;
  sealed_with: string;
}

/** null: nothing was made with this key, or it has expired. */
export async function findFirstAnswer(db: Knex, { owner, key }: RepeatableRequest): Promise<FirstAnswer | null> {
  const row = await db('first_answers')
    .where({ owner, key })
    .where('expires_at', '>', db.fn.now())
    .first<AnswerRow | undefined>('request_hash', 'answer', 'sealed_with');
  return row ? { requestHash: row.request_hash, ciphertext: row.answer, keyId: row.sealed_with } : null;
}

/**
 * Waits for another transaction that has claimed the same key.
 *
 * @returns false when that one has committed: this transaction must not make anything.
 */
export async function claimKey(
  trx: Knex.Transaction,
  { owner, key, requestHash }: RepeatableRequest,
): Promise<boolean> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `INSERT INTO first_answers AS a (owner, key, request_hash, expires_at)
     VALUES (?, ?, ?, now() + interval '${KEPT}')
     ON CONFLICT (owner, key) DO UPDATE SET request_hash = excluded.request_hash, expires_at = excluded.expires_at
     WHERE a.expires_at <= now()`,
    [owner, key, requestHash],
  );
  return rowCount > 0;
}

export async function storeAnswer(
  trx: Knex.Transaction,
  { owner, key }: RepeatableRequest,
  { ciphertext, keyId }: StoredAnswer,
): Promise<void> {
  await trx('first_answers').where({ owner, key }).update({ answer: ciphertext, sealed_with: keyId });
}

/** Deletes what has expired, in pages. @returns how many. */
export async function deleteExpiredAnswers(knex: Knex): Promise<number> {
  let total = 0;
  for (;;) {
    const { rowCount } = await knex.raw<{ rowCount: number }>(
      `DELETE FROM first_answers WHERE (owner, key) IN
         (SELECT owner, key FROM first_answers WHERE expires_at < now() ORDER BY owner, key LIMIT ?)`,
      [PAGE],
    );
    total += rowCount;
    if (rowCount < PAGE) return total;
  }
}

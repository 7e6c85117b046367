import type { Knex } from 'knex';
import type { MigrationHead } from '../migrating/migration';

/**
 * What a call with an `Idempotency-Key` answered, written in the transaction of what it made, so that a repeat gets the same
 * answer (docs/decisions/0023-first-answers.md). A new table only, so nothing is locked. The release before does not
 * read it: a call that is repeated there during a rolling deploy makes one more.
 */
export const head: MigrationHead = {
  locks: [],
  runsFrom: '20261123060000_inlined_ids',
};

export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`
    CREATE TABLE first_answers (
      -- SHA-256 of whoever the key belongs to, and of the key.
      owner bytea NOT NULL,
      key bytea NOT NULL,
      -- SHA-256 of method, path and body.
      request_hash bytea NOT NULL,
      -- Encrypted: it can hold an API key or a signing secret. NULL is never committed.
      answer bytea,
      sealed_with text,
      expires_at timestamptz NOT NULL,
      PRIMARY KEY (owner, key)
    );
    CREATE INDEX first_answers_by_expiry ON first_answers (expires_at);
  `);
}

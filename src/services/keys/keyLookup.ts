import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { findKeys, type StoredKey } from '../../db/keys';
import { GroupWriter } from '../writers/groupWriter';

/** null: there is none. @throws a database error; Refusal 503 when too many wait. */
export type KeyLookup = (id: string) => Promise<StoredKey | null>;

const MAX_IDS_A_QUERY = 1000;
const MAX_WAITING = 5000;
/** After a query that asked for an id that nobody has. */
const REST_MS = 25;

/**
 * For ids that may be made up: one query at a time for whichever have gathered, and 40 a second at most while made-up ones
 * are among them. That is all that a flood of these costs the database, and a real key goes with the next query. A limit
 * on remote addresses would shut out whoever shares a proxy with the attacker.
 */
export function createKeyLookup(db: Knex): KeyLookup {
  let rest: Promise<void> | undefined;

  async function find(ids: string[]): Promise<(StoredKey | null)[]> {
    await rest;
    const found = new Map((await findKeys(db, ids)).map((key) => [key.id, key]));
    rest = found.size < ids.length ? sleep(REST_MS) : undefined;
    return ids.map((id) => found.get(id) ?? null);
  }

  const lookups = new GroupWriter({ write: find, maxItems: MAX_IDS_A_QUERY, maxWaiting: MAX_WAITING });
  return (id) => lookups.submit(id);
}

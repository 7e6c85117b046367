import type { Knex } from 'knex';
import { type Key, listKeys } from '../db/keys';
import type { Caller } from './caller';
import { type CreateKeyInput, createKey } from './keys/createKey';
import { revokeKey } from './keys/revokeKey';
import { type Page, type PageRequest, readPage } from './page';

/** What operators do with keys; one of a tenant does it inside that tenant. */
export interface KeyAdmin {
  create(input: CreateKeyInput): Promise<{ id: string; key: string }>;
  revoke(input: { caller: Caller; id: string }): Promise<void>;
  list(caller: Caller, page: PageRequest): Promise<Page<Key>>;
}

export function createKeyAdmin(db: Knex): KeyAdmin {
  return {
    create: (input) => createKey(db, input),
    revoke: (input) => revokeKey(db, input),
    list: ({ tenantId }, page) =>
      readPage(
        page,
        (request) => listKeys(db, { tenantId, ...request }),
        (key) => key.id,
      ),
  };
}

import type { Knex } from 'knex';
import { audit } from '../db/audit';
import { findTargetType, listTargetTypes, putTargetType, type TargetType } from '../db/targetTypes';
import { requireInstallation } from './access';
import type { Caller } from './caller';
import { Conflict, notFound } from './errors';
import { type Page, type PageRequest, readPage } from './page';

/** The portal's categories of what can be subscribed (portal.md); one catalogue for the installation. */
export interface TargetTypes {
  /** @throws Refusal 403 for an operator of one tenant; 409 for a uuid that another entry has. */
  put(
    caller: Caller,
    entry: { number: number; name: string; uuid: string | null },
  ): Promise<{ targetType: TargetType; created: boolean }>;
  /** @throws Refusal 404. */
  read(number: number): Promise<TargetType>;
  list(page: PageRequest<number>): Promise<Page<TargetType>>;
}

export function createTargetTypes(db: Knex): TargetTypes {
  return {
    async put(caller, entry) {
      requireInstallation(caller);
      const put = await db.transaction(async (trx) => {
        const written = await putTargetType(trx, entry);
        const { number, ...change } = entry;
        const record = { object: 'target_type', id: String(number), of: { tenantId: null }, change } as const;
        if (written) await audit(trx, record);
        return written;
      });
      if (!put) throw new Conflict('already_exists', `another target type has the uuid ${entry.uuid}`, 'uuid');
      return put;
    },
    async read(number) {
      const found = await findTargetType(db, number);
      if (!found) throw notFound('target type');
      return found;
    },
    list(page) {
      return readPage(
        page,
        (request) => listTargetTypes(db, request),
        (entry) => entry.number,
      );
    },
  };
}

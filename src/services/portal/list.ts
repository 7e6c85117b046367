import type { Knex } from 'knex';
import {
  listPortalSubscriptions,
  type PortalListQuery,
  type PortalSubscription,
} from '../../db/portal/portalSubscriptions';
import { ownerOf, type PortalBundle, type PortalCall } from './owner';

export interface PortalList extends PortalCall, Omit<PortalListQuery, 'owner'> {
  /** Of another bundle than that of the list, there is nothing on it. */
  type?: PortalBundle;
}

export interface PortalPage {
  items: PortalSubscription[];
  /** More come after these. */
  hasMore: boolean;
}

/** Newest first. @throws what ownerOf throws. */
export async function list(db: Knex, { type, limit, ...query }: PortalList): Promise<PortalPage> {
  const { caller, bundle, tenantId, ...filter } = query;
  const owner = ownerOf({ caller, bundle, tenantId }, 'read');
  if (type !== undefined && type !== bundle) return { items: [], hasMore: false };
  const found = await listPortalSubscriptions(db, { ...filter, owner, limit: limit + 1 });
  return { items: found.slice(0, limit), hasMore: found.length > limit };
}

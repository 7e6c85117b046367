import type { Knex } from 'knex';
import {
  type ListedPortalSubscription,
  listPortalSubscriptions,
  type PortalListQuery,
} from '../../db/portal/portalSubscriptions';
import { ownerOf, type PortalBundle, type PortalCall } from './owner';

export interface PortalList extends PortalCall, Omit<PortalListQuery, 'owner'> {
  /** Of another bundle than that of the list, there is nothing on it. */
  type?: PortalBundle;
}

/** Newest first. @throws what ownerOf throws. */
export async function list(db: Knex, { type, ...query }: PortalList): Promise<ListedPortalSubscription[]> {
  const { caller, bundle, tenantId, ...filter } = query;
  const owner = ownerOf({ caller, bundle, tenantId }, 'read');
  if (type !== undefined && type !== bundle) return [];
  return listPortalSubscriptions(db, { ...filter, owner });
}

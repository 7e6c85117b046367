import type { Knex } from 'knex';
import { findPortalSubscription, type PortalSubscription } from '../../db/portal/portalSubscriptions';
import { notFound } from '../errors';
import { ownerOf, type PortalCall } from './owner';

/** A call about one portal subscription. */
export interface PortalCallOf extends PortalCall {
  uuid: string;
}

/** @throws Refusal 404 also for somebody else's; what ownerOf throws. */
export async function read(db: Knex, { uuid, ...call }: PortalCallOf): Promise<PortalSubscription> {
  const subscription = await findPortalSubscription(db, { owner: ownerOf(call, 'read'), uuid });
  if (!subscription) throw notFound('subscription');
  return subscription;
}

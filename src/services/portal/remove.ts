import type { Knex } from 'knex';
import { deletePortalSubscription } from '../../db/portal/portalSubscriptions';
import { notFound } from '../errors';
import { ownerOf } from './owner';
import type { PortalCallOf } from './read';

/** What was accepted and is not delivered yet leaves the user out too. @throws Refusal 404 also for somebody else's. */
export async function remove(db: Knex, { uuid, ...call }: PortalCallOf): Promise<void> {
  if (!(await deletePortalSubscription(db, { owner: ownerOf(call, 'write'), uuid }))) throw notFound('subscription');
}

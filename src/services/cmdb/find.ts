import type { Knex } from 'knex';
import type { AppId } from '../../db/apps';
import { findRegistration } from '../../db/cmdb/registrations';
import { notFound } from '../errors';
import { type CalledPlace, placeOf } from './place';

/** A subscription as a path names it. */
export interface CalledSubscription extends CalledPlace {
  number: number;
}

/** @throws Refusal 403 for another's account; 404 for one that is not there, or not the caller's. */
export async function findCalled(
  db: Knex,
  { number, ...called }: CalledSubscription,
): Promise<{ subscriptionId: string; app: AppId }> {
  const place = placeOf(called);
  const found = Number.isSafeInteger(number) ? await findRegistration(db, { ...place, number }) : null;
  if (!found) throw notFound('subscription');
  return { subscriptionId: found.subscriptionId, app: { tenantId: place.tenantId, appId: found.appId } };
}

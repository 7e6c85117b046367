import { v4 as uuidv4 } from 'uuid';
import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { makeOnce } from '../../db/makeOnce';
import { readPortalApp } from '../../db/portal/portalApps';
import {
  insertPortalSubscription,
  type NewPortalSubscription,
  type PortalSubscription,
  type Switch,
} from '../../db/portal/portalSubscriptions';
import { appRow, steerInTurn } from '../../db/rowTurns';
import type { SteeringTransaction } from '../../db/steerings';
import { violates } from '../../db/violations';
import type { PortalAction } from '../../domain/portalTargets';
import { Conflict, notFound, Refusal } from '../errors';
import type { SubscriptionDeps } from '../subscriptions/deps';
import { ownerOf, type PortalCall } from './owner';
import { alignPortalSubscription } from './portalSubscription';
import { type NamedTargetType, resolveTargetType } from './targetType';

export interface Addition extends PortalCall {
  targetType: NamedTargetType;
  action: PortalAction;
  targetId: string;
  title: string | null;
  status: Switch;
  /** A user's has none. */
  enable: Switch;
  /** Default: a fresh one. */
  uuid?: string;
}

/**
 * From the answer on, events of that target concern the user, or the tenant's users.
 *
 * @throws Refusal 400 for an unknown target type, a user of an app without a callback; 409 for a uuid that the tenant
 * has already; QuotaExceeded; 404 for an unknown tenant; what ownerOf throws.
 */
export async function add(deps: SubscriptionDeps, addition: Addition): Promise<PortalSubscription> {
  const { caller, bundle, tenantId, targetType, enable, uuid = uuidv4(), ...settings } = addition;
  const owner = ownerOf({ caller, bundle, tenantId }, 'write');
  const term = await resolveTargetType(deps.db, targetType);
  if (!term) throw new Refusal(400, 'is missing', 'data.relationships.target_type');
  const subscription = { ...settings, owner, term, uuid, enable: owner.user ? null : enable };
  try {
    return owner.user
      ? await insertOfUser(deps, { subscription, appId: owner.user.appId })
      : await deps.steer((trx) => makeOnce(trx, () => insertOne(trx, deps, subscription)));
  } catch (error) {
    if (violates(error, 'portal_subscriptions_uuid')) {
      throw new Conflict('already_exists', 'is taken', 'data.attributes.uuid');
    }
    if (violates(error, 'portal_subscriptions_tenant_id_fkey')) throw notFound('tenant');
    throw error;
  }
}

/** Within the quota, and on record. */
async function insertOne(
  trx: SteeringTransaction,
  { quotas }: Pick<SubscriptionDeps, 'quotas'>,
  subscription: NewPortalSubscription,
): Promise<PortalSubscription> {
  const { owner, uuid, action, status, enable, term } = subscription;
  const { appId, subject } = owner.user ?? { appId: null, subject: null };
  await quotas.require(trx, { of: 'portalSubscriptionsPerUser', tenantId: owner.tenantId, appId, subject });
  const inserted = await insertPortalSubscription(trx, subscription);
  const change = { is: 'made', action, status, enable, targetType: term.number };
  await audit(trx, { object: 'portal_subscription', id: uuid, of: owner, change });
  return inserted;
}

/** Users of one app add side by side, but for the first, who may have to make what the app's messages go through. */
async function insertOfUser(
  deps: SubscriptionDeps,
  { subscription, appId }: { subscription: NewPortalSubscription; appId: string },
): Promise<PortalSubscription> {
  const app = { tenantId: subscription.owner.tenantId, appId };
  const insert = (lock: 'share' | 'exclusive') =>
    steerInTurn(deps, [appRow(app, lock)], async (trx) => {
      if (!(await lockApp(trx, app, lock))) throw notFound('app');
      const portalApp = await readPortalApp(trx, app);
      if (!portalApp?.callbackUrl) throw new Refusal(400, 'the app has no callback for its portal users', 'data');
      const isAligned = portalApp.subscription !== null;
      // Not under this lock: two who hold it and both want the other one wait for each other.
      if (!isAligned && lock === 'share') return null;
      return makeOnce(trx, async () => {
        const inserted = await insertOne(trx, deps, subscription);
        if (!isAligned) await alignPortalSubscription(trx, deps, app);
        return inserted;
      });
    });
  const inserted = (await insert('share')) ?? (await insert('exclusive'));
  if (!inserted) throw new Error('an app that was locked exclusively was not aligned');
  return inserted;
}

import type { Knex } from 'knex';
import type { InterfaceName, SubscriptionState } from '../contracts/states';
import type { RetryPolicy } from '../domain/retryPolicy';
import type { Scope } from '../domain/scope';
import { inScope } from './scopes';
import { recordSteering, type SteeringTransaction } from './steerings';
import { lockLanesOf } from './subscriptionLanes';

/** What a subscriber decides about a subscription. */
export interface SubscriptionSettings {
  callbackUrl: string;
  topics: string[];
  description: string | null;
  timeoutMs: number;
  retry: RetryPolicy;
  maxInFlight: number;
}

/** What the interface that it was made through calls it there, in that interface's own words. */
export type InterfaceRegistration =
  | {
      subscription_id: number;
      subscription_name: string;
      bk_biz_id: number;
      confirm_mode: string;
      confirm_pattern: string;
    }
  | { appRegisterId: number }
  | { eventTag: string };

export interface Subscription extends SubscriptionSettings {
  id: string;
  interface: InterfaceName;
  tenantId: string;
  appId: string;
  ordered: boolean;
  historyRequired: boolean;
  /** A native one has none, and neither has the portal's, which is one for all users of its app. */
  registration?: InterfaceRegistration;
  state: SubscriptionState;
  createdAt: Date;
  updatedAt: Date;
}

interface SubscriptionRow {
  id: string;
  interface: InterfaceName;
  tenant_id: string;
  app_id: string;
  callback_url: string;
  topics: string[];
  description: string | null;
  timeout_ms: number;
  retry: RetryPolicy;
  max_in_flight: number;
  ordered: boolean;
  history_required: boolean;
  interface_data: Record<string, unknown>;
  /** Only where it is read for a caller. */
  cmdb?: { number: number; name: string; biz_id: number } | null;
  state: SubscriptionState;
  version: string;
  created_at: Date;
  updated_at: Date;
}

function toSubscription(row: SubscriptionRow): Subscription {
  return {
    id: row.id,
    interface: row.interface,
    tenantId: row.tenant_id,
    appId: row.app_id,
    callbackUrl: row.callback_url,
    topics: row.topics,
    description: row.description,
    timeoutMs: row.timeout_ms,
    retry: row.retry,
    maxInFlight: row.max_in_flight,
    ordered: row.ordered,
    historyRequired: row.history_required,
    registration: registrationOf(row),
    state: row.state,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function registrationOf(row: SubscriptionRow): InterfaceRegistration | undefined {
  const { interface: name, interface_data: data, topics, cmdb } = row;
  if (name === 'data-push') return { appRegisterId: Number(data.appRegisterId) };
  if (name === 'gateway') return { eventTag: topics[0] ?? '' };
  if (name !== 'cmdb' || !cmdb) return undefined;
  return {
    subscription_id: cmdb.number,
    subscription_name: cmdb.name,
    bk_biz_id: cmdb.biz_id,
    confirm_mode: String(data.confirmMode),
    confirm_pattern: String(data.confirmPattern),
  };
}

/** The row, with what the CMDB keeps beside it. */
function columnsForCaller(db: Knex) {
  return [
    'subscriptions.*',
    db.raw(`(SELECT jsonb_build_object('number', c.number, 'name', c.name, 'biz_id', c.biz_id)
             FROM cmdb_subscriptions c WHERE c.subscription_id = subscriptions.id) AS cmdb`),
  ];
}

/** Undefined fields have no column, so an update leaves them. */
function toColumns(db: Knex, settings: SubscriptionUpdate) {
  const { callbackUrl, topics, description, timeoutMs, retry, maxInFlight, interfaceData } = settings;
  return {
    callback_url: callbackUrl,
    topics,
    description,
    timeout_ms: timeoutMs,
    retry: retry === undefined ? undefined : db.raw('?::jsonb', [JSON.stringify(retry)]),
    max_in_flight: maxInFlight,
    interface_data: interfaceData,
  };
}

/** What is undefined stays. */
export interface SubscriptionUpdate extends Partial<SubscriptionSettings> {
  /** What its interface alone understands; whole. */
  interfaceData?: Record<string, unknown>;
}

export interface NewSubscription extends SubscriptionSettings {
  id: string;
  interface: InterfaceName;
  tenantId: string;
  appId: string;
  /** One at a time per topic, in the order of acceptance. */
  ordered: boolean;
  /** Ordered ones only: what the catalogue marks so is held until its history is processed. */
  historyRequired: boolean;
  /** What its interface alone understands. */
  interfaceData?: Record<string, unknown>;
}

export async function insertSubscription(trx: Knex.Transaction, subscription: NewSubscription): Promise<Subscription> {
  const [row] = await trx<SubscriptionRow>('subscriptions')
    .insert({
      id: subscription.id,
      interface: subscription.interface,
      tenant_id: subscription.tenantId,
      app_id: subscription.appId,
      ordered: subscription.ordered,
      history_required: subscription.historyRequired,
      ...toColumns(trx, subscription),
    })
    .returning('*');
  return toSubscription(row as SubscriptionRow);
}

/** Also bumps the version: without any setting that is all it does. null when there is none that lives. */
export async function updateSubscription(
  trx: SteeringTransaction,
  id: string,
  change: SubscriptionUpdate,
): Promise<Subscription | null> {
  const [row] = await trx<SubscriptionRow>('subscriptions')
    .where({ id })
    .whereNot({ state: 'deleted' })
    .update({ ...toColumns(trx, change), version: trx.raw('version + 1'), updated_at: trx.fn.now() })
    .returning('*');
  recordSteering(trx, { subscriptionId: id });
  return row ? toSubscription(row) : null;
}

/** @returns whether it lived. */
export async function markSubscriptionDeleted(trx: SteeringTransaction, id: string): Promise<boolean> {
  recordSteering(trx, { subscriptionId: id });
  // Its lanes go out of use under their locks: nothing can be put behind a lane that nobody will ever look behind.
  await lockLanesOf(trx, id);
  await trx('lanes').where({ subscription_id: id }).whereNot({ topic: '' }).delete();
  await trx('lanes').where({ subscription_id: id }).update({ state: 'idle', reason: null, awake: false, due_by: null });
  const rows = await trx<SubscriptionRow>('subscriptions')
    .where({ id })
    .whereNot({ state: 'deleted' })
    .update({ state: 'deleted', version: trx.raw('version + 1'), updated_at: trx.fn.now() });
  return rows > 0;
}

/** The lock that every change takes first, so that it is based on what is committed. Deleted ones are not there. */
export async function lockSubscription(trx: Knex.Transaction, id: string): Promise<Subscription | null> {
  const row = await trx<SubscriptionRow>('subscriptions')
    .where({ id })
    .whereNot({ state: 'deleted' })
    .forUpdate()
    .first();
  return row ? toSubscription(row) : null;
}

/** Deleted ones are not there, but for `withDeleted`: their deliveries can still be read. */
export async function findSubscription(
  db: Knex,
  { id, scope, withDeleted = false }: { id: string; scope: Scope; withDeleted?: boolean },
): Promise<Subscription | null> {
  const row = await db<SubscriptionRow>('subscriptions')
    .where({ id })
    .modify(inScope, scope)
    .modify((query) => !withDeleted && query.whereNot({ state: 'deleted' }))
    .first<SubscriptionRow | undefined>(columnsForCaller(db));
  return row ? toSubscription(row) : null;
}

export interface SubscriptionQuery {
  scope: Scope;
  /** Id of the last one seen. */
  after: string | null;
  limit: number;
}

/** Newest first. */
export async function listSubscriptions(db: Knex, { scope, after, limit }: SubscriptionQuery): Promise<Subscription[]> {
  const rows = await db<SubscriptionRow>('subscriptions')
    .modify(inScope, scope)
    .whereNot({ state: 'deleted' })
    .modify((query) => after !== null && query.where('id', '<', after))
    .orderBy('id', 'desc')
    .limit(limit)
    .select<SubscriptionRow[]>(columnsForCaller(db));
  return rows.map(toSubscription);
}

import type { Knex } from 'knex';
import type { PortalAction } from '../../domain/portalTargets';
import type { SteeringTransaction } from '../steerings';
import { recordSteeredPages } from './steeredPages';
import type { Term } from './terms';

/** Whose a portal subscription is: a user's of one app, or (`user` null) a default of the whole tenant. */
export interface PortalOwner {
  tenantId: string;
  user: { appId: string; subject: string } | null;
}

export type Switch = 0 | 1;

export interface ListedPortalSubscription {
  /** A number. */
  id: string;
  uuid: string;
  /** Of the term. */
  targetType: number;
  action: PortalAction;
  targetId: string;
  title: string | null;
  status: Switch;
  /** null: of a user. */
  enable: Switch | null;
  createdAt: Date;
}

export interface PortalSubscription extends ListedPortalSubscription {
  termUuid: string;
}

interface PortalSubscriptionRow {
  id: string;
  tenant_id: string;
  uuid: string;
  app_id: string | null;
  subject: string | null;
  target_type: string;
  action: PortalAction;
  target_id: string;
  title: string | null;
  status: Switch;
  enable: Switch | null;
  created_at: Date;
}

function toListed(row: PortalSubscriptionRow): ListedPortalSubscription {
  const { id, uuid, action, title, status, enable } = row;
  const targetType = Number(row.target_type);
  return { id, uuid, targetType, action, targetId: row.target_id, title, status, enable, createdAt: row.created_at };
}

function ownedBy({ tenantId, user }: PortalOwner) {
  return { tenant_id: tenantId, app_id: user?.appId ?? null, subject: user?.subject ?? null };
}

function recordPages(trx: SteeringTransaction, { tenantId, user }: PortalOwner): Promise<void> {
  return recordSteeredPages(trx, { tenantId, appId: user?.appId ?? null });
}

export interface PortalSettings {
  /** Number of the term. */
  targetType: number;
  action: PortalAction;
  targetId: string;
  title: string | null;
  status: Switch;
  /** null: of a user. */
  enable: Switch | null;
}

function toRow({ targetType, targetId, ...settings }: Partial<PortalSettings>) {
  return { ...settings, target_type: targetType?.toString(), target_id: targetId };
}

export interface NewPortalSubscription extends Omit<PortalSettings, 'targetType'> {
  owner: PortalOwner;
  uuid: string;
  term: Term;
}

/** @throws the violations of its foreign keys, and of `portal_subscriptions_uuid` when the uuid is taken. */
export async function insertPortalSubscription(
  trx: SteeringTransaction,
  { owner, term, ...settings }: NewPortalSubscription,
): Promise<PortalSubscription> {
  await recordPages(trx, owner);
  const [row] = await trx<PortalSubscriptionRow>('portal_subscriptions')
    .insert({ ...ownedBy(owner), ...toRow({ ...settings, targetType: term.number }) })
    .returning('*');
  return { ...toListed(row as PortalSubscriptionRow), termUuid: term.uuid };
}

export interface PortalSubscriptionId {
  owner: PortalOwner;
  uuid: string;
}

/** null for one that is not the owner's. */
export async function findPortalSubscription(
  db: Knex,
  { owner, uuid }: PortalSubscriptionId,
): Promise<PortalSubscription | null> {
  const [row] = await withTerms(db, { uuid, ...ownedBy(owner) });
  return row ? fromRow(row) : null;
}

type RowWithTerm = PortalSubscriptionRow & { term_uuid: string };

function withTerms(db: Knex, conditions: Record<string, unknown>) {
  const prefixed = Object.fromEntries(Object.entries(conditions).map(([column, value]) => [`p.${column}`, value]));
  return db('portal_subscriptions as p')
    .join('target_types as t', 't.number', 'p.target_type')
    .where(prefixed)
    .select<RowWithTerm[]>('p.*', 't.uuid as term_uuid');
}

function fromRow({ term_uuid: termUuid, ...row }: RowWithTerm): PortalSubscription {
  return { ...toListed(row), termUuid };
}

/** What is undefined stays. Answers whether there is such a one of the owner's. */
export async function updatePortalSubscription(
  trx: SteeringTransaction,
  { owner, uuid }: PortalSubscriptionId,
  change: Partial<PortalSettings>,
): Promise<boolean> {
  await recordPages(trx, owner);
  const rows = await trx<PortalSubscriptionRow>('portal_subscriptions')
    .where({ uuid, ...ownedBy(owner) })
    // The uuid to itself, so that a change of nothing is an UPDATE too.
    .update({ uuid, ...toRow(change) });
  return rows > 0;
}

/** Answers whether there was such a one of the owner's. */
export async function deletePortalSubscription(
  trx: SteeringTransaction,
  { owner, uuid }: PortalSubscriptionId,
): Promise<boolean> {
  await recordPages(trx, owner);
  const rows = await trx('portal_subscriptions')
    .where({ uuid, ...ownedBy(owner) })
    .delete();
  return rows > 0;
}

export interface PortalListQuery {
  owner: PortalOwner;
  action?: PortalAction;
  targetType?: number;
  targetId?: string;
  title?: string;
  offset: number;
  limit: number;
}

/** Newest first. */
export async function listPortalSubscriptions(
  db: Knex,
  { owner, action, targetType, targetId, title, offset, limit }: PortalListQuery,
): Promise<PortalSubscription[]> {
  const filter = { action, target_type: targetType?.toString(), target_id: targetId, title };
  const named = Object.entries(filter).filter(([, value]) => value !== undefined);
  const rows = await withTerms(db, { ...ownedBy(owner), ...Object.fromEntries(named) })
    .orderBy('p.id', 'desc')
    .limit(limit)
    .offset(offset);
  return rows.map(fromRow);
}

import type { Knex } from 'knex';
import type { Statement, StatementRunner } from './database';
import { makeOnce } from './makeOnce';

/** What an act of steering is about: one subscription, or every subscription of an app. */
export type Steered = { subscriptionId: string } | { tenantId: string; appId: string };

/**
 * A transaction that changes what may be sent, or how. Whatever moves a subscription's version or a lane's epoch asks for
 * one, so that no such change can forget to be recorded.
 */
export type SteeringTransaction = Knex.Transaction & { readonly steered: Steered[] };

/** Runs an act in a transaction. When it resolves, this process obeys what was committed. */
export type Steer = <T>(act: (trx: SteeringTransaction) => Promise<T>) => Promise<T>;

/** An entry of the log. */
export interface Steering {
  id: string;
  steered: Steered;
}

/** @param onSteered called after the commit, before `steer` resolves. */
export function createSteer({ knex, onSteered }: { knex: Knex; onSteered(steerings: Steering[]): void }): Steer {
  return async (act) => {
    const { result, steerings } = await knex.transaction(async (trx) => {
      const steered: Steered[] = [];
      const result = await act(Object.assign(trx, { steered }));
      return { result, steerings: await insertSteerings(trx, steered) };
    });
    onSteered(steerings);
    return result;
  };
}

/**
 * Acts of steering that make something. What `read` finds in the transaction, after the act, is what the call answers
 * with.
 */
export function steerOnce(steer: Steer, read: (trx: Knex.Transaction) => Promise<unknown>): Steer {
  return async <T>(act: (trx: SteeringTransaction) => Promise<T>) => {
    const { result } = await steer(async (trx) => {
      const acted: { result?: T } = {};
      await makeOnce(trx, async () => {
        acted.result = await act(trx);
        return read(trx);
      });
      return acted;
    });
    return result as T;
  };
}

/** The other processes obey it within a second after the commit; this one when `steer` resolves. */
export function recordSteering({ steered }: SteeringTransaction, ...acts: Steered[]): void {
  steered.push(...acts);
}

async function insertSteerings(trx: Knex.Transaction, steered: Steered[]): Promise<Steering[]> {
  if (steered.length === 0) return [];
  const distinct = new Set(steered.map((one) => JSON.stringify(one)));
  const { rows } = await trx.raw<{ rows: SteeringColumns[] }>(
    `INSERT INTO steerings (subscription_id, tenant_id, app_id)
     SELECT "subscriptionId", "tenantId", "appId"
     FROM jsonb_to_recordset(?::jsonb) AS s("subscriptionId" uuid, "tenantId" text, "appId" text)
     RETURNING id, subscription_id, tenant_id, app_id`,
    [`[${[...distinct].join(',')}]`],
  );
  return rows.map(toSteering);
}

interface SteeringColumns {
  id: string;
  subscription_id: string | null;
  tenant_id: string;
  app_id: string;
}

function toSteering({
  id,
  subscription_id: subscriptionId,
  tenant_id: tenantId,
  app_id: appId,
}: SteeringColumns): Steering {
  return { id, steered: subscriptionId === null ? { tenantId, appId } : { subscriptionId } };
}

export interface SteeringsRead {
  /** Every transaction below has ended, and what it steered is in this reading or an earlier one. */
  xmin: string;
  steerings: Steering[];
}

/**
 * By transaction ids, since commits come in another order than ids, times and inserts. Whatever was not visible to the
 * reading before belongs to a transaction at or above that one's xmin.
 */
const READ_STEERINGS: Statement = {
  name: 'read_steerings',
  text: `
SELECT pg_snapshot_xmin(snapshot)::text AS xmin, l.id, l.subscription_id, l.tenant_id, l.app_id
FROM pg_current_snapshot() AS snapshot LEFT JOIN steerings l ON l.xid >= $1::text::xid8`,
};

type SteeringRow = { xmin: string } & (SteeringColumns | { id: null });

/** @param xmin of the reading before; entries of transactions above it are read once more. '0': the whole log. */
export async function readSteerings(db: StatementRunner, xmin: string): Promise<SteeringsRead> {
  const rows = await db.run<SteeringRow>(READ_STEERINGS, [xmin]);
  const [first] = rows;
  if (!first) throw new Error('PostgreSQL has told nothing of its snapshot');
  return { xmin: first.xmin, steerings: rows.flatMap((row) => (row.id === null ? [] : [toSteering(row)])) };
}

/** Four times as long as a reader may be without a reading and still trust the log (steeringWatch.ts). */
const KEPT = '2 minutes';

const FORGET_STEERINGS: Statement = {
  name: 'forget_steerings',
  text: `DELETE FROM steerings WHERE at < now() - interval '${KEPT}'`,
};

export async function forgetSteerings(db: StatementRunner): Promise<void> {
  await db.run(FORGET_STEERINGS, []);
}

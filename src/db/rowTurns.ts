import type { Knex } from 'knex';
import { ShareExhausted } from '../domain/fairness/shareExhausted';
import type { AppId } from './apps';
import type { Steer, SteeringTransaction } from './steerings';

/** With the wait for a connection (3 s) less than the 9.5 s of an API call: no write begins after its caller was answered. */
const WAIT_MS = 6000;
/** A write takes some milliseconds, so more would not have their turn in time. */
const MAX_WAITING_PER_ROW = 200;

/** A row that a transaction is going to lock, so that others wait for it. */
export interface RowToLock {
  key: string;
  /** Sharers of a row go side by side. */
  mode: 'share' | 'exclusive';
}

export function appRow({ tenantId, appId }: AppId, mode: RowToLock['mode']): RowToLock {
  return { key: `app\n${tenantId}\n${appId}`, mode };
}

/** Stands for its lanes and deliveries too: what changes them locks its lanes first. */
export function subscriptionRow(id: string): RowToLock {
  return { key: `subscription\n${id}`, mode: 'exclusive' };
}

interface Waiter {
  mode: RowToLock['mode'];
  start(): void;
}

interface Turns {
  sharers: number;
  isTaken: boolean;
  waiting: Waiter[];
}

/**
 * Whoever waits for a row that this process has locked waits here and not on a connection: sixty changes of one
 * subscription would otherwise take sixty connections, of which one does something.
 */
class RowTurns {
  private readonly rows = new Map<string, Turns>();

  async run<T>(rows: readonly RowToLock[], work: () => Promise<T>): Promise<T> {
    const taken: RowToLock[] = [];
    const deadline = performance.now() + WAIT_MS;
    try {
      for (const row of rows) {
        await this.take(row, deadline);
        taken.push(row);
      }
      return await work();
    } finally {
      for (const row of taken.reverse()) this.leave(row);
    }
  }

  private take({ key, mode }: RowToLock, deadline: number): Promise<void> {
    const turns = this.rows.get(key) ?? { sharers: 0, isTaken: false, waiting: [] };
    this.rows.set(key, turns);
    if (turns.waiting.length >= MAX_WAITING_PER_ROW) {
      return Promise.reject(new ShareExhausted('too_many', 'what this call changes'));
    }
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const waiter: Waiter = {
        mode,
        start() {
          clearTimeout(timer);
          resolve();
        },
      };
      turns.waiting.push(waiter);
      startNext(turns);
      if (!turns.waiting.includes(waiter)) return;
      const tooLate = () => {
        turns.waiting.splice(turns.waiting.indexOf(waiter), 1);
        // Those behind it may share what it wanted for itself.
        startNext(turns);
        reject(new ShareExhausted('too_long', 'what this call changes'));
      };
      timer = setTimeout(tooLate, Math.max(0, deadline - performance.now()));
    });
  }

  private leave({ key, mode }: RowToLock): void {
    const turns = this.rows.get(key);
    if (!turns) return;
    if (mode === 'share') turns.sharers--;
    else turns.isTaken = false;
    startNext(turns);
    if (!turns.isTaken && turns.sharers === 0 && turns.waiting.length === 0) this.rows.delete(key);
  }
}

/** First come, first served, so that a stream of sharers does not keep out the one that wants the row for itself. */
function startNext(turns: Turns): void {
  for (let next = turns.waiting[0]; next && mayStart(turns, next); next = turns.waiting[0]) {
    turns.waiting.shift();
    if (next.mode === 'share') turns.sharers++;
    else turns.isTaken = true;
    next.start();
  }
}

function mayStart({ sharers, isTaken }: Turns, { mode }: Waiter): boolean {
  return !isTaken && (mode === 'share' || sharers === 0);
}

/** One for each pool: two installations in one process (tests) have nothing to do with each other. */
const turnsOf = new WeakMap<Knex, RowTurns>();

/**
 * Runs a write when it has its turn at these rows in this process. It must be called before the transaction begins.
 *
 * @param rows in the order in which everybody takes them: the app, then the subscription.
 * @throws ShareExhausted after 6 s, or when too many wait.
 */
export function inTurn<T>(db: Knex, rows: readonly RowToLock[], work: () => Promise<T>): Promise<T> {
  const turns = turnsOf.get(db) ?? new RowTurns();
  turnsOf.set(db, turns);
  return turns.run(rows, work);
}

/** A transaction that has its turn at the rows which it is going to lock. */
export function transactInTurn<T>(
  db: Knex,
  rows: readonly RowToLock[],
  work: (trx: Knex.Transaction) => Promise<T>,
): Promise<T> {
  return inTurn(db, rows, () => db.transaction(work));
}

/** The same for a transaction that changes what may be sent, or how. */
export function steerInTurn<T>(
  { db, steer }: { db: Knex; steer: Steer },
  rows: readonly RowToLock[],
  act: (trx: SteeringTransaction) => Promise<T>,
): Promise<T> {
  return inTurn(db, rows, () => steer(act));
}

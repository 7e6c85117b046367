import type { ConsignmentInput } from '../contracts/carrying';
import { findUnfinishedEvents } from '../db/carrying/fanOut';
import { findOverdue, type Overdue, postpone, takeOver, takeOverdueLanes } from '../db/carrying/overdue';
import { sweepCancellations } from '../db/carrying/sweepCancellations';
import type { Database } from '../db/database';
import type { AttemptTarget } from './attempts/attempt';
import { MAX_CONSIGNMENT } from './carriers/carriers';
import type { Workflows } from './carriers/port';
import type { LaneWaker } from './laneWaker';
import { subjectOf } from './subject';

const PAGE = 500;
const CALLS_AT_ONCE = 20;
/** Events of so many matches are rare, and each is minutes of work. */
const MAX_FAN_OUTS = 100;
/** More than these share workflows: one for each would be hours of work after a fault that left a hundred thousand. */
const MAX_ALONE = 10;

export interface ReconcileOptions {
  db: Database;
  workflows: Workflows;
  lanes: LaneWaker;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
  /** Called at least once a page and a call: a round of thousands is alive as long as it moves. */
  onProgress(): void;
}

/** What a round found and did. */
export interface ReconcileResult {
  postponed: number;
  takenOver: number;
  lanesWoken: number;
}

/** Finds what nobody carries and gives it a carrier; finds nothing in a quiet installation, by one index. */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileResult> {
  const { db, workflows, lanes, target, onProgress } = options;
  const result: ReconcileResult = { postponed: 0, takenOver: 0, lanesWoken: 0 };
  await sweepCancellations(db.knex);
  for (const { subscriptionId, topic } of await takeOverdueLanes(db.knex)) {
    lanes.wake(await target(subscriptionId), topic);
    result.lanesWoken++;
  }
  await eachOf(await findUnfinishedEvents(db.knex, MAX_FAN_OUTS), async (event) => {
    await workflows.startFanOut(event);
    onProgress();
  });
  for (;;) {
    const overdue = await findOverdue(db.knex, PAGE);
    const page = await reconcilePage(overdue, options);
    result.postponed += page.postponed;
    result.takenOver += page.takenOver;
    if (overdue.length < PAGE) return result;
  }
}

async function reconcilePage(
  overdue: Overdue[],
  { db, workflows, target, onProgress }: ReconcileOptions,
): Promise<Pick<ReconcileResult, 'postponed' | 'takenOver'>> {
  const open: Overdue[] = [];
  const closed: Overdue[] = [];
  await eachOf(overdue, async (one) => {
    ((await workflows.isDeliveryOpen(one)) ? open : closed).push(one);
    onProgress();
  });
  if (open.length > 0) await postpone(db.knex, open);
  const taken = closed.length > 0 ? await takeOver(db.knex, closed) : [];
  if (taken.length > MAX_ALONE) {
    await eachOf(consignmentsOf(taken), async (consignment) => {
      await workflows.startConsignment(consignment);
      onProgress();
    });
  } else {
    await eachOf(taken, async ({ deliveryId, generation, subscriptionId, subscriptionVersion, topic }) => {
      const subject = subjectOf(await target(subscriptionId, subscriptionVersion), topic);
      await workflows.startDelivery({ deliveryId, generation, subject });
      onProgress();
    });
  }
  return { postponed: open.length, takenOver: taken.length };
}

/** What fails again gets a workflow of its own then. */
function consignmentsOf(taken: Overdue[]): ConsignmentInput[] {
  const byGeneration = new Map<number, string[]>();
  for (const { deliveryId, generation } of taken) {
    byGeneration.set(generation, [...(byGeneration.get(generation) ?? []), deliveryId]);
  }
  return [...byGeneration].flatMap(([generation, ids]) =>
    Array.from({ length: Math.ceil(ids.length / MAX_CONSIGNMENT) }, (_, i) => ({
      generation,
      deliveryIds: ids.slice(i * MAX_CONSIGNMENT, (i + 1) * MAX_CONSIGNMENT),
    })),
  );
}

/** A bounded number at once; the first fault ends the round, and the next one begins where this one stopped. */
async function eachOf<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker));
}

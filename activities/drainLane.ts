import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { LaneInput, LaneStep } from '../src/contracts/carrying';
import { unnamedLaneWorkflowId } from '../src/contracts/ids';
import { missLane } from '../src/db/carrying/overdue';
import type { Database } from '../src/db/database';
import type { AttemptTarget } from '../src/services/attempts/attempt';
import type { Workflows } from '../src/services/carriers/port';
import type { Drain } from '../src/services/draining/drain';
import { subjectOf } from '../src/services/subject';

export interface DrainLaneDeps {
  db: Database;
  /** Of a topic's lane: one at a time, in order. */
  pushInOrder: Drain;
  /** Of a subscription's one lane. */
  drainSideBySide: Drain;
  workflows: Pick<Workflows, 'wakeLane'>;
  target(subscriptionId: string): Promise<AttemptTarget>;
}

/**
 * Beside the work, since one attempt may last longer than the heartbeat timeout; and not with every delivery, since the
 * SDK passes on one in 24 s while each call costs more than an attempt's own bookkeeping.
 */
const HEARTBEAT_EVERY_MS = 5000;

/** One stretch of emptying a lane; a minute at most, so that a workflow's history shows that it moves. */
export function createDrainLane({ db, pushInOrder, drainSideBySide, workflows, target }: DrainLaneDeps) {
  /** From a workflow of before they were named by words to one that is. Two of them for a moment do no harm. */
  async function handOver({ subscriptionId, topic }: LaneInput): Promise<LaneStep> {
    await workflows.wakeLane({ subscriptionId, topic, subject: subjectOf(await target(subscriptionId), topic) });
    return { next: 'end' };
  }

  return async function drainLane(input: LaneInput): Promise<LaneStep> {
    if (activityInfo().workflowExecution?.workflowId === unnamedLaneWorkflowId(input)) return handOver(input);
    const { subscriptionId, topic } = input;
    const signal = cancellationSignal();
    const beating = setInterval(() => heartbeat(), HEARTBEAT_EVERY_MS);
    const drain = topic === '' ? drainSideBySide : pushInOrder;
    const lane = { subscriptionId, topic };
    try {
      return await drain({ lane, isStopped: () => signal.aborted });
    } finally {
      clearInterval(beating);
      // An operator may have terminated its workflow: without this it is missed only when the stretch's time is over.
      if (signal.aborted) await missLane(db.knex, lane);
    }
  };
}

import type { ConsignmentInput, ConsignmentResult } from '../src/contracts/carrying';
import { claimDeliveries } from '../src/db/carrying/claim';
import { readStandings } from '../src/db/carrying/standing';
import type { Database } from '../src/db/database';
import type { Standing } from '../src/domain/delivery';
import type { AttemptTarget } from '../src/services/attempts/attempt';
import type { AttemptRunner } from '../src/services/attempts/attemptRunner';
import type { Carriers } from '../src/services/carriers/carriers';
import { subjectOf } from '../src/services/subject';
import type { Patience } from './patience';

export interface CarryConsignmentDeps {
  db: Database;
  runner: AttemptRunner;
  carriers: Carriers;
  patience: Patience;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
}

const SEND_WITHIN_MS = 10_000;

/**
 * Waits for up to a hundred attempts: those under way in this process, and those it claims because nobody made
 * them yet. What is not done after a few seconds is handed over to a workflow of its own. Local activity.
 */
export function createCarryConsignment({ db, runner, carriers, patience, target }: CarryConsignmentDeps) {
  /**
   * What failed waits for a later time, and got its own workflow when it did. What waits for its turn in this process is
   * sent soon, or goes behind its lane: a backlog must not become a workflow each. And what is under way for a subscription
   * whose lane is in use is that lane's when it fails.
   */
  function needsOwnWorkflow({ deliveryId, behindLane, isLaneInUse, nextAttemptInMs }: Standing): boolean {
    const isWaitingForTime = nextAttemptInMs !== null && nextAttemptInMs > 0;
    const isWaitingForTurn = runner.find(deliveryId)?.isSent === false;
    const isUnderWayHere = runner.find(deliveryId) !== undefined;
    return !behindLane && !isWaitingForTime && !isWaitingForTurn && !(isLaneInUse && isUnderWayHere);
  }

  async function handOver(standing: Standing): Promise<void> {
    const { deliveryId, generation, subscriptionId, subscriptionVersion } = standing;
    const subject = subjectOf(await target(subscriptionId, subscriptionVersion), standing.topic);
    const underWay = runner.find(deliveryId);
    carriers.carryAlone({
      deliveryId,
      generation,
      subject,
      onOwnWorkflow: () => {
        if (underWay) underWay.hasOwnWorkflow = true;
      },
    });
  }

  return async function carryConsignment({ generation, deliveryIds }: ConsignmentInput): Promise<ConsignmentResult> {
    const isOpen = (id: string) => !runner.hasDelivered(id);
    const here = deliveryIds.flatMap((id) => runner.find(id) ?? []);
    const wanted = deliveryIds
      .filter((id) => isOpen(id) && !runner.find(id))
      .map((deliveryId) => ({ deliveryId, generation }));
    const claimed = wanted.length > 0 ? await claimDeliveries(db, { wanted, early: false }) : [];
    const started = claimed.map((one) => runner.start(one, { sendWithinMs: SEND_WITHIN_MS }));
    await patience.attend([...here, ...started]);

    const unknown = deliveryIds.filter(isOpen);
    const standings = unknown.length > 0 ? await readStandings(db, unknown) : [];
    const open = standings.filter((s) => s.state === 'pending' && s.generation === generation);
    const toHandOver = open.filter(needsOwnWorkflow);
    for (const standing of toHandOver) await handOver(standing);
    return {
      delivered: deliveryIds.length - unknown.length + standings.filter(({ state }) => state === 'delivered').length,
      handedOver: toHandOver.length,
      retrying: open.filter((s) => s.nextAttemptInMs !== null && s.nextAttemptInMs > 0).length,
      behindLane: open.filter((s) => s.behindLane).length,
    };
  };
}

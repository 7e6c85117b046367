import type { ConsignmentInput, ConsignmentResult } from '../src/contracts/carrying';
import { claimDeliveries } from '../src/db/carrying/claim';
import { readStandings } from '../src/db/carrying/standing';
import type { Database } from '../src/db/database';
import type { Standing } from '../src/domain/delivery';
import type { AttemptTarget } from '../src/services/attempts/attempt';
import type { AttemptRunner } from '../src/services/attempts/attemptRunner';
import type { Carriers } from '../src/services/carriers/carriers';
import type { SteeringWatch } from '../src/services/steering/steeringWatch';
import { subjectOf } from '../src/services/subject';
import type { Patience } from './patience';

export interface CarryConsignmentDeps {
  db: Database;
  runner: AttemptRunner;
  carriers: Carriers;
  patience: Patience;
  steering: Pick<SteeringWatch, 'now'>;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
}

const SEND_WITHIN_MS = 10_000;

/**
 * Waits for up to five hundred attempts: those under way in this process, and those it claims because nobody made
 * them yet. What is not done after a few seconds is handed over to a workflow of its own. Local activity.
 */
export function createCarryConsignment({ db, runner, carriers, patience, steering, target }: CarryConsignmentDeps) {
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
    const begun = deliveryIds.flatMap((id) => runner.find(id) ?? []);
    const wanted = deliveryIds
      .filter((id) => isOpen(id) && !runner.find(id))
      .map((deliveryId) => ({ deliveryId, generation }));
    const seen = steering.now();
    const claimed = wanted.length > 0 ? await claimDeliveries(db, { wanted, early: false }) : [];
    const started = claimed.map((one) => runner.start(one, { seen, sendWithinMs: SEND_WITHIN_MS }));
    const { unanswered } = await patience.attend([...begun, ...started]);

    const unknown = deliveryIds.filter(isOpen);
    // Before the rows are read: what ends in between has its outcome in no row yet, and is no longer found.
    const underWay = new Map(unknown.map((id) => [id, runner.find(id)]));
    /**
     * What failed waits for a later time, and got its own workflow when it did. Of what is under way in this process, only
     * what was waited for in vain needs one, unless its lane is in use, which has it when it fails; the rest is sent soon,
     * or goes behind its lane, and whoever makes the attempt acts on its end: a backlog must not become a workflow each.
     */
    const needsOwnWorkflow = ({ deliveryId, behindLane, isLaneInUse, nextAttemptInMs }: Standing): boolean => {
      const isWaitingForTime = nextAttemptInMs !== null && nextAttemptInMs > 0;
      const here = underWay.get(deliveryId);
      return !behindLane && !isWaitingForTime && (!here || (unanswered.has(here) && !isLaneInUse));
    };
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

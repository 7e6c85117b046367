import type { CarrierStep } from '../src/contracts/carrying';
import type { DeliveryCarrier } from '../src/contracts/ids';
import { claimDeliveries } from '../src/db/carrying/claim';
import { forgetFailure } from '../src/db/carrying/failuresToShow';
import { readStandings } from '../src/db/carrying/standing';
import { cancelDelivery, parkBehindLane } from '../src/db/carrying/steer';
import { asShare } from '../src/db/connectionShare';
import type { Database } from '../src/db/database';
import type { Steer } from '../src/db/steerings';
import { stepOf } from '../src/domain/carrierStep';
import type { AttemptTarget, UnderWay } from '../src/services/attempts/attempt';
import type { AttemptRunner } from '../src/services/attempts/attemptRunner';
import type { LaneWaker } from '../src/services/laneWaker';
import type { SteeringWatch } from '../src/services/steering/steeringWatch';
import type { Patience } from './patience';

export interface AttemptDeps {
  db: Database;
  runner: AttemptRunner;
  patience: Patience;
  lanes: LaneWaker;
  steering: Pick<SteeringWatch, 'now'>;
  steer: Steer;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
}

/** A claim is for one call that begins now: it may wait for its turn as long as its row allows for. */
const SEND_WITHIN_MS = 25_000;

/**
 * The next attempt of a delivery, if it is due and nobody makes it; takes over one that is under way in this process.
 * Local activity. `early`: do not wait for its time.
 */
export function createAttempt({ db, runner, patience, lanes, steering, steer, target }: AttemptDeps) {
  async function claim(carrier: DeliveryCarrier, early: boolean): Promise<UnderWay | undefined> {
    const seen = steering.now();
    const [delivery] = await claimDeliveries(db, { wanted: [carrier], early });
    return delivery && runner.start(delivery, { seen, sendWithinMs: SEND_WITHIN_MS });
  }

  async function lookAtRow({ deliveryId, generation }: DeliveryCarrier): Promise<CarrierStep> {
    const [standing] = await readStandings(db, [deliveryId]);
    // Retention has dropped it, so it was finished long ago.
    if (!standing) return { next: 'end', outcome: 'carried_elsewhere' };
    const { retry, tenantId } = await target(standing.subscriptionId, standing.subscriptionVersion);
    const share = { tenantId, flow: standing.subscriptionId };
    const step = stepOf({ standing, generation, policy: retry });
    // Due, yet the claim was refused: nobody sends for a subscription that is paused or deleted.
    const isRefused = step.next === 'wait' || (step.next === 'under_way' && (standing.dueInMs ?? 0) <= 0);
    if (isRefused && standing.subscriptionState === 'paused') {
      const lane = await asShare(share, () => parkBehindLane(db.knex, { deliveryId, generation }));
      if (lane) {
        lanes.wake(await target(standing.subscriptionId), lane.topic);
        return { next: 'end', outcome: 'behind_lane' };
      }
    }
    if (isRefused && standing.subscriptionState === 'deleted') {
      await asShare(share, () => cancelDelivery(steer, { deliveryId, reason: 'subscription_deleted' }));
      return { next: 'end', outcome: 'cancelled' };
    }
    if (step.next === 'fail') await forgetFailure(db, deliveryId);
    return step;
  }

  return async function attempt({
    deliveryId,
    generation,
    early,
  }: DeliveryCarrier & { early: boolean }): Promise<CarrierStep> {
    if (runner.hasDelivered(deliveryId)) return { next: 'end', outcome: 'delivered' };
    const carrier = { deliveryId, generation };
    const underWay = runner.find(deliveryId) ?? (await claim(carrier, early));
    if (underWay) {
      underWay.hasOwnWorkflow = true;
      const { open } = await patience.attend([underWay]);
      if (open.size === 0) {
        const end = await underWay.ended;
        if (end.kind === 'ended' && end.settled?.state === 'delivered') return { next: 'end', outcome: 'delivered' };
      }
    }
    return lookAtRow(carrier);
  };
}

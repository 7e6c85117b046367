import type { LaneInUse } from '../../db/carrying/lanes';
import type { Database } from '../../db/database';
import type { AttemptTarget, Unsent } from '../attempts/attempt';
import type { AttemptRunner } from '../attempts/attemptRunner';
import type { Gate } from '../attempts/gate';
import type { ReceiverWatch } from '../attempts/receiverWatch';
import type { Carriers } from '../carriers/carriers';
import type { SteeringWatch } from '../steering/steeringWatch';

export interface SideBySideDeps {
  db: Database;
  runner: AttemptRunner;
  gate: Gate<Unsent>;
  carriers: Carriers;
  receivers: ReceiverWatch;
  steering: Pick<SteeringWatch, 'now'>;
  /** This process's part of a subscription's `maxInFlight`, which it is going to use; 0 at times. */
  share(target: AttemptTarget): number;
  onFault(error: unknown, subscriptionId: string): void;
}

/** The part of a stretch in which the lane stands as it was found. */
export interface SideBySide extends SideBySideDeps {
  lane: LaneInUse;
  target: AttemptTarget;
  /** The stretch's time is up, or it was stopped: nothing new is begun. */
  isOver(): boolean;
}

/** How often to look when nothing ends. */
export const LOOK_EVERY_MS = 100;
/** A claim is for one call that begins soon: within what its row allows for. */
export const SEND_WITHIN_MS = 20_000;

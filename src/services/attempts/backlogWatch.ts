import type { DeliveryToAttempt } from '../../domain/delivery';
import type { LaneWaker } from '../laneWaker';
import type { AttemptTarget, Unsent } from './attempt';
import type { Gate } from './gate';

const LOOK_EVERY_MS = 500;
/**
 * A queue is a backlog when its first has waited so long: a receiver that keeps up empties its queue sooner, one that
 * hangs never does. Shorter than a consignment's patience, so that the lane is in use when that ends.
 */
const WAITED_MS = 2000;

export interface BacklogWatchOptions {
  gate: Gate<Unsent>;
  lanes: LaneWaker;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
  /** @returns whether the lane's workflow has to be woken. */
  divert(backlog: { subscriptionId: string; deliveries: DeliveryToAttempt[] }): Promise<boolean>;
  onFault(error: unknown, subscriptionId: string): void;
}

/** Puts what waits for a slow receiver behind its lane, where waiting costs neither memory nor workflows. */
export class BacklogWatch {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: BacklogWatchOptions) {}

  start(): void {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Whatever waits for its turn, however short: this process stops. Resolves when it is written, or could not be. */
  async divertAll(): Promise<void> {
    const waiting = [...this.options.gate.queues()];
    await Promise.all(
      waiting.map(({ subscriptionId }) =>
        this.putBehindLane(subscriptionId, 0).catch((error: unknown) => this.options.onFault(error, subscriptionId)),
      ),
    );
  }

  private look(): void {
    for (const { subscriptionId, waitedMs } of this.options.gate.queues()) {
      if (waitedMs < WAITED_MS) continue;
      // Calls of a receiver that has a pace go on while its lane's workflow starts: a second of its time is many calls.
      const room = this.options.gate.roomAtPace(subscriptionId, WAITED_MS);
      this.divert(subscriptionId, { butFirst: room });
    }
  }

  /** What waits for its turn at this subscription's receiver. */
  divert(subscriptionId: string, { butFirst = 0 } = {}): void {
    this.putBehindLane(subscriptionId, butFirst).catch((error: unknown) => this.options.onFault(error, subscriptionId));
  }

  /**
   * The row first: whoever waits for one of these looks at its row as soon as it is dropped. Should the write fail, their
   * claims run out, and reconcile finds them.
   */
  private async putBehindLane(subscriptionId: string, butFirst: number): Promise<void> {
    const { gate, lanes, target } = this.options;
    const unsent = gate.takeWaiting(subscriptionId, { butFirst });
    if (unsent.length === 0) return;
    try {
      const deliveries = unsent.map(({ delivery }) => delivery);
      if (await this.options.divert({ subscriptionId, deliveries })) lanes.wake(await target(subscriptionId, 0));
    } finally {
      for (const place of unsent) place.drop();
    }
  }
}

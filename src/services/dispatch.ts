import { setImmediate } from 'node:timers/promises';
import type { DeliveryInput } from '../contracts/carrying';
import type { AcceptedDelivery } from '../db/carrying/deliveriesOfMatches';
import type { StoredEvent } from '../domain/delivery';
import { FairSlots } from '../domain/fairness/fairSlots';
import type { AttemptEnd, AttemptTarget, UnderWay } from './attempts/attempt';
import type { AttemptRunner } from './attempts/attemptRunner';
import type { OwnWorkflowWatch } from './attempts/ownWorkflowWatch';
import type { Carriers } from './carriers/carriers';
import type { LaneNews } from './draining/laneNews';
import type { LaneWaker } from './laneWaker';
import { subjectOf } from './subject';

/** The insert is the claim, and the clocks of two machines are not compared: by this process's own, 10 s after the insert. */
const SEND_FIRST_WITHIN_MS = 10_000;
/**
 * First attempts that a process holds, under way or waiting; the rest is carried from its row. A tenant that is alone may
 * have half of them, so that another one's go out at once whatever waits for a receiver that hangs.
 */
const MAX_HELD = 10_000;
/** Some milliseconds' worth: an event with thousands of deliveries must not keep everybody else from the event loop. */
const DISPATCHED_A_TURN = 25;
/** A workflow's local activity is there after a moment; what lasted longer and has nobody attending ends unseen. */
const ATTENDED_AFTER_MS = 1000;

export interface DispatcherOptions {
  runner: AttemptRunner;
  carriers: Carriers;
  lanes: LaneWaker;
  news: LaneNews;
  ownWorkflows: OwnWorkflowWatch;
  target(subscriptionId: string, version: number): Promise<AttemptTarget>;
  signalEnded(delivery: DeliveryInput): void;
  /** Whether this process makes attempts; with split roles the API only starts workflows. */
  attempting: boolean;
  onFault(error: unknown, deliveryId: string): void;
}

/** Right after the commit: the first attempt and its workflow, side by side. */
export class Dispatcher {
  private readonly held = new FairSlots({ slots: MAX_HELD });

  constructor(private readonly options: DispatcherOptions) {}

  /** @param seen `steering.now()` from before they were accepted. */
  dispatch(event: StoredEvent, deliveries: AcceptedDelivery[], seen: number): void {
    this.dispatchFrom(0, event, deliveries, seen);
  }

  /** What no attempt was begun for: each goes behind its lane, or gets a carrier. */
  async carry(deliveries: AcceptedDelivery[]): Promise<void> {
    await Promise.all(
      deliveries.map(async (accepted) => {
        const { subscriptionId, subscriptionVersion } = accepted;
        this.carryOne(accepted, await this.options.target(subscriptionId, subscriptionVersion));
      }),
    );
  }

  /** After every attempt of this process, whoever began it. */
  onEnded(underWay: UnderWay, end: AttemptEnd): void {
    if (end.kind === 'unsent' || end.settled === null) return;
    const { settled, attempted } = end;
    const { delivery, target } = attempted;
    if (settled.wokeLane) this.options.lanes.wake(target);
    if (settled.state === 'pending' && !settled.behindLane && delivery.failures === 0)
      this.options.ownWorkflows.add(target);
    const { deliveryId, generation, topic } = delivery;
    const toCarry = { deliveryId, generation, subject: subjectOf(target, topic) };
    if (underWay.hasOwnWorkflow) {
      const lastedMs = performance.now() - underWay.startedAtMs;
      if (!underWay.isAttended && lastedMs > ATTENDED_AFTER_MS) this.options.signalEnded(toCarry);
    } else if (settled.state === 'failed' || (settled.state === 'pending' && !settled.behindLane)) {
      // What failed for good needs nobody to carry it: the workflow ends as Failed, where operators look for it.
      this.options.carriers.carryAlone(toCarry);
    }
  }

  private dispatchFrom(from: number, event: StoredEvent, deliveries: AcceptedDelivery[], seen: number): void {
    const next = from + DISPATCHED_A_TURN;
    for (const accepted of deliveries.slice(from, next)) {
      this.dispatchOne(event, accepted, seen).catch((error) => this.options.onFault(error, accepted.deliveryId));
    }
    if (next < deliveries.length) void setImmediate().then(() => this.dispatchFrom(next, event, deliveries, seen));
  }

  private async dispatchOne(event: StoredEvent, accepted: AcceptedDelivery, seen: number): Promise<void> {
    const { runner, carriers, attempting } = this.options;
    const { deliveryId, subscriptionId, subscriptionVersion, topic } = accepted;
    const target = await this.options.target(subscriptionId, subscriptionVersion);
    if (accepted.behindLane || !attempting) return this.carryOne(accepted, target);
    const share = { tenantId: target.tenantId, flow: subscriptionId };
    if (!this.held.tryEnter(share)) return this.carryOne(accepted, target);
    const toCarry = { deliveryId, generation: 1, subject: subjectOf(target, topic) };
    const first = { generation: 1, attempt: 1, failures: 0 };
    const delivery = { ...first, deliveryId, subscriptionId, subscriptionVersion, topic, event };
    const underWay = runner.start(delivery, { seen, sendWithinMs: SEND_FIRST_WITHIN_MS });
    void underWay.ended.then(() => this.held.leave(share));
    carriers.carry({
      ...toCarry,
      onOwnWorkflow: () => {
        underWay.hasOwnWorkflow = true;
      },
    });
  }

  private carryOne(accepted: AcceptedDelivery, target: AttemptTarget): void {
    const { carriers, lanes, news } = this.options;
    const { deliveryId, subscriptionId, topic } = accepted;
    if (!accepted.behindLane) carriers.carry({ deliveryId, generation: 1, subject: subjectOf(target, topic) });
    else if (accepted.wokeLane) lanes.wake(target, accepted.ordered ? topic : '');
    else if (accepted.ordered) news.tell({ subscriptionId, topic });
  }
}

import type { LaneInput } from '../contracts/carrying';
import { FairQueue } from '../domain/fairness/fairQueue';
import type { AttemptTarget } from './attempts/attempt';
import type { Workflows } from './carriers/port';
import { subjectOf } from './subject';

/** Calls under way at once: a thousand lanes that are activated together must not take Temporal from everybody else. */
const MAX_CALLING = 5;
/** Of one tenant; what waits beyond this is told by reconcile. */
const MAX_WAITING = 5000;

export interface LaneWakerOptions {
  workflows: Workflows;
  onFault(error: unknown, subscriptionId: string): void;
}

/**
 * Tells lanes' workflows that something waits, or that they were steered. Tenants take turns, then their subscriptions: who
 * activates thousands of lanes delays its own. Whoever calls has marked the lane awake in its
 * row, so a call that fails, or is never made, is repeated by reconcile.
 */
export class LaneWaker {
  /** By workflow: one call tells everything that was committed before it. */
  private readonly waiting = new Map<string, LaneInput>();
  private readonly turns = new FairQueue<string>();
  private calling = 0;

  constructor(private readonly options: LaneWakerOptions) {}

  /** @param topic of the lane; '' for the one lane of a subscription that is not ordered. */
  wake(target: AttemptTarget, topic = ''): void {
    const key = `${target.id}/${topic}`;
    if (!this.waiting.has(key)) {
      if (this.turns.sizeOf(target.tenantId) >= MAX_WAITING) return;
      this.turns.push(key, { tenantId: target.tenantId, flow: target.id });
    }
    this.waiting.set(key, { subscriptionId: target.id, topic, subject: subjectOf(target, topic) });
    while (this.calling < MAX_CALLING && this.waiting.size > 0) void this.callNext();
  }

  /** Resolves when nobody has to be told any more. */
  async idle(): Promise<void> {
    while (this.calling > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  private async callNext(): Promise<void> {
    const key = this.turns.shift();
    const lane = key === undefined ? undefined : this.waiting.get(key);
    if (key === undefined || lane === undefined) return;
    this.waiting.delete(key);
    this.calling++;
    try {
      await this.options.workflows.wakeLane(lane);
    } catch (error) {
      this.options.onFault(error, lane.subscriptionId);
    } finally {
      this.calling--;
      if (this.waiting.size > 0) void this.callNext();
    }
  }
}

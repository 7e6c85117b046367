import type { LaneInput } from '../contracts/carrying';
import type { AttemptTarget } from './attempts/attempt';
import type { Workflows } from './carriers/port';
import { subjectOf } from './subject';

/** Calls under way at once: a thousand lanes that are activated together must not take Temporal from everybody else. */
const MAX_CALLING = 5;
/** What waits beyond this is told by reconcile. */
const MAX_WAITING = 20_000;

export interface LaneWakerOptions {
  workflows: Workflows;
  onFault(error: unknown, subscriptionId: string): void;
}

/**
 * Tells lanes' workflows that something waits, or that they were steered. Whoever calls has marked the lane awake in its
 * row, so a call that fails, or is never made, is repeated by reconcile.
 */
export class LaneWaker {
  /** By workflow: one call tells everything that was committed before it. */
  private readonly waiting = new Map<string, LaneInput>();
  private calling = 0;

  constructor(private readonly options: LaneWakerOptions) {}

  /** @param topic of the lane; '' for the one lane of a subscription that is not ordered. */
  wake(target: AttemptTarget, topic = ''): void {
    if (this.waiting.size >= MAX_WAITING) return;
    const lane = { subscriptionId: target.id, topic, subject: subjectOf(target, topic) };
    this.waiting.set(`${target.id}/${topic}`, lane);
    while (this.calling < MAX_CALLING && this.waiting.size > 0) void this.callNext();
  }

  private async callNext(): Promise<void> {
    const next = this.waiting.entries().next();
    if (next.done) return;
    const [key, lane] = next.value;
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

import type { AttemptTarget } from './attempts/attempt';
import type { Workflows } from './carriers/port';
import { subjectOf } from './subject';

export interface LaneWakerOptions {
  workflows: Workflows;
  markAwake(subscriptionId: string): Promise<boolean>;
  onFault(error: unknown, subscriptionId: string): void;
}

/** Tells lanes' workflows that something waits. A call that fails is repeated by reconcile: the row says `awake`. */
export class LaneWaker {
  constructor(private readonly options: LaneWakerOptions) {}

  /** The lane was marked awake by whoever calls. */
  wake(target: AttemptTarget): void {
    const subject = subjectOf(target, '');
    this.options.workflows
      .wakeLane({ subscriptionId: target.id, topic: '', subject })
      .catch((error: unknown) => this.options.onFault(error, target.id));
  }

  /** For what came behind a lane that may sleep until a later time. */
  wakeIfAsleep(target: AttemptTarget): void {
    this.options
      .markAwake(target.id)
      .then((isWoken) => {
        if (isWoken) this.wake(target);
      })
      .catch((error: unknown) => this.options.onFault(error, target.id));
  }
}

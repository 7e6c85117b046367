import { LruMap } from '../../domain/lruMap';
import type { AttemptTarget } from './attempt';

/** PostgreSQL is asked after so many: it knows how many of them are still pending, and what other processes have. */
const ASK_EVERY = 100;
const MAX_WATCHED = 10_000;

export interface OwnWorkflowWatchOptions {
  /** Brings the lane into use if too many have workflows of their own. @returns whether its workflow has to be told. */
  relieve(subscriptionId: string): Promise<boolean>;
  onRelieved(target: AttemptTarget): void;
  onFault(error: unknown, subscriptionId: string): void;
}

/** Counts what gets a workflow of its own, so that a receiver that refuses everything does not fill Temporal. */
export class OwnWorkflowWatch {
  private readonly counts = new LruMap<string, number>(MAX_WATCHED);

  constructor(private readonly options: OwnWorkflowWatchOptions) {}

  /** A delivery failed for the first time, and nothing but a workflow of its own carries it on. */
  add(target: AttemptTarget): void {
    const count = (this.counts.get(target.id) ?? 0) + 1;
    if (count < ASK_EVERY) {
      this.counts.set(target.id, count);
      return;
    }
    this.counts.delete(target.id);
    this.options
      .relieve(target.id)
      .then((isRelieved) => {
        if (isRelieved) this.options.onRelieved(target);
      })
      .catch((error: unknown) => this.options.onFault(error, target.id));
  }
}

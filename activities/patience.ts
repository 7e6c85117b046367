import type { UnderWay } from '../src/services/attempts/attempt';

/** A local activity that runs longer makes the SDK heartbeat its workflow task. */
const PATIENCE_MS = 4500;
const SHORT_PATIENCE_MS = 1000;

/**
 * How long local activities wait for attempts under way: each wait holds a workflow task's slot, so when half of them
 * are in use the waits become short.
 */
export class Patience {
  private waiting = 0;

  constructor(private readonly slots: number) {}

  /** @returns whether all ended in time. What did not is unattended from then on. */
  async attend(attempts: UnderWay[]): Promise<boolean> {
    for (const attempt of attempts) attempt.isAttended = true;
    this.waiting++;
    const patienceMs = this.waiting > this.slots / 2 ? SHORT_PATIENCE_MS : PATIENCE_MS;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), patienceMs);
    });
    try {
      return await Promise.race([Promise.all(attempts.map(({ ended }) => ended)).then(() => true), late]);
    } finally {
      clearTimeout(timer);
      this.waiting--;
      for (const attempt of attempts) attempt.isAttended = false;
    }
  }
}

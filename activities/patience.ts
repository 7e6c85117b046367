import type { UnderWay } from '../src/services/attempts/attempt';

/** A local activity that runs longer makes the SDK heartbeat its workflow task. */
const PATIENCE_MS = 4500;
/** With half the slots in use. */
const SHORT_PATIENCE_MS = 1000;
/**
 * For what was not even sent: dozens of consignments that all wait for the turn of one slow receiver would all end at the
 * moment when its backlog goes behind its lane, which stalls everybody for a tenth of a second.
 */
const UNSENT_PATIENCE_MS = 250;

/** How long local activities wait for attempts under way: each wait holds a workflow task's slot. */
export class Patience {
  private waiting = 0;

  constructor(private readonly slots: number) {}

  /**
   * What did not end in time is unattended from then on.
   *
   * @returns what is under way still: all of it, and of that the calls that were waited for in vain. (A call that was
   * sent after the look for what is unsent has only begun.)
   */
  async attend(attempts: UnderWay[]): Promise<{ open: Set<UnderWay>; unanswered: Set<UnderWay> }> {
    const open = new Set(attempts);
    for (const attempt of attempts) {
      attempt.isAttended = true;
      void attempt.ended.then(() => open.delete(attempt));
    }
    this.waiting++;
    try {
      await endOf([...open], UNSENT_PATIENCE_MS);
      const sent = [...open].filter(({ isSent }) => isSent);
      const patienceMs = this.waiting > this.slots / 2 ? SHORT_PATIENCE_MS : PATIENCE_MS;
      await endOf(sent, patienceMs - UNSENT_PATIENCE_MS);
      return { open, unanswered: new Set(sent.filter((attempt) => open.has(attempt))) };
    } finally {
      this.waiting--;
      for (const attempt of attempts) attempt.isAttended = false;
    }
  }
}

/** Comes back when all have ended, or after so long. */
async function endOf(attempts: UnderWay[], withinMs: number): Promise<void> {
  if (attempts.length === 0) return;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, withinMs);
  });
  await Promise.race([Promise.all(attempts.map(({ ended }) => ended)), late]);
  clearTimeout(timer);
}

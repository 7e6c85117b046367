import { FairQueue } from '../domain/fairness/fairQueue';

/** A body below this takes less than 0.1 ms to check, which is less than a turn of its own costs. */
export const SMALL_BODY_BYTES = 16 * 1024;

/**
 * Turns of the event loop for large bodies: one of them is checked and parsed in each, tenants in turn. Without these, all
 * that have arrived together are parsed one after the other, and whoever else calls waits for all of them.
 */
export class ParseTurns {
  private readonly waiting = new FairQueue<() => void>();
  private isNextDue = false;

  /** Resolves when it is this one's turn. */
  take({ tenantId, keyId, bytes }: { tenantId: string | null; keyId: string; bytes: number }): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve, { tenantId: tenantId ?? '', flow: keyId, cost: bytes });
      this.callNext();
    });
  }

  private callNext(): void {
    if (this.isNextDue || this.waiting.size === 0) return;
    this.isNextDue = true;
    setImmediate(() => {
      this.isNextDue = false;
      this.waiting.shift()?.();
      this.callNext();
    });
  }
}

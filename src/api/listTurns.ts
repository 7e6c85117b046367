import { FairSlots } from '../domain/fairness/fairSlots';
import { ShareExhausted } from '../domain/fairness/shareExhausted';
import type { Caller } from '../services/caller';

/**
 * Lists that a process makes at once: a page can be a thousand rows and a megabyte, whose query and text are some hundred
 * milliseconds of a core. A tenant that is alone has two; a hundred of its pages made together kept everybody else waiting for 10 s.
 */
const SLOTS = 4;
/** With what the call does after it, less than the 9.5 s in which it is answered. */
const WAIT_MS = 5000;

/** Turns at making lists, shared by tenant, then by key. */
export class ListTurns {
  private readonly slots = new FairSlots({ slots: SLOTS });

  /** @param make the list and its text. @throws ShareExhausted when its turn has not come in 5 s. */
  async run<T>({ tenantId, keyId }: Caller, make: () => Promise<T>): Promise<T> {
    const seat = await this.slots.enterWithin({ tenantId: tenantId ?? '', flow: keyId }, WAIT_MS);
    if (!seat) throw new ShareExhausted('too_long', 'a turn to make a list');
    try {
      return await make();
    } finally {
      this.slots.leave(seat);
    }
  }
}

import type { Share } from '../domain/fairness/fairQueue';
import { FairSlots, type Seat } from '../domain/fairness/fairSlots';
import { ShareExhausted } from '../domain/fairness/shareExhausted';

/** With the wait for a row's turn (6 s, `rowTurns.ts`) less than the 9.5 s of an API call. */
const WAIT_MS = 3000;
/** Some hundred milliseconds' worth at a tenant's part of the connections; above the slots that a worker has for activities. */
const MAX_WAITING_PER_TENANT = 1000;

/** The right to use a connection of a pool, shared by tenant and flow; every pool has as many connections as slots. */
export class ConnectionSlots {
  private readonly slots: FairSlots;

  constructor(slots: number) {
    this.slots = new FairSlots({ slots });
  }

  /** @throws ShareExhausted when too many of the tenant's wait, or after 3 s. */
  async take(share: Share): Promise<Seat> {
    if (this.slots.waitingOf(share.tenantId) >= MAX_WAITING_PER_TENANT) {
      throw new ShareExhausted('too_many', "this tenant's part of the database connections");
    }
    const seat = await this.slots.enterWithin(share, WAIT_MS);
    if (!seat) throw new ShareExhausted('too_long', 'a database connection');
    return seat;
  }

  leave(seat: Seat): void {
    this.slots.leave(seat);
  }
}

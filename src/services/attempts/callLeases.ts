import type { Sharing } from './inFlightShares';

/** How often what nobody uses is returned, and what was not to be had is asked for again. */
const LOOK_EVERY_MS = 250;
/** Who holds slots for so long gives one to whoever waits for it, and asks for it again only after ASK_AGAIN_MS. */
const HOLD_MS = 2000;
const ASK_AGAIN_MS = 500;

interface Lease {
  sharing: Sharing;
  slots: number[];
  /** When what it holds was taken, or was last found not to be wanted. */
  heldSinceMs: number;
  /** One slot less may be used, so that it becomes free. */
  isGiving: boolean;
  isAsking: boolean;
  askAgainAtMs: number;
}

export interface CallLeasesOptions {
  /** @returns the slots that were taken. */
  take(sharing: Sharing, held: number[]): Promise<number[]>;
  giveBack(sharing: Sharing, slots: number[]): Promise<void>;
  isWanted(sharing: Sharing): Promise<boolean>;
  mayLease(sharing: Sharing): boolean;
  inFlightOf(subscriptionId: string): number;
  /** Something waits for a slot of the subscription. */
  isWaiting(subscriptionId: string): boolean;
  /** A slot was taken, or may be asked for again. */
  onChanged(): void;
  onFault(error: unknown, subscriptionId: string): void;
}

/**
 * The right to one call at a time, leased from PostgreSQL: of subscriptions whose `maxInFlight` is less than the processes.
 * A process keeps a slot while it has calls for it, so a query is made for a series of calls and not for each.
 */
export class CallLeases {
  private readonly leases = new Map<string, Lease>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: CallLeasesOptions) {}

  start(): void {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** How many calls of the subscription this process may have under way. */
  of({ id, maxInFlight }: Sharing): number {
    const lease = this.leases.get(id);
    if (!lease) return 0;
    return lease.slots.filter((slot) => slot < maxInFlight).length - (lease.isGiving ? 1 : 0);
  }

  /** A call of the subscription finds no room. */
  want(sharing: Sharing): void {
    const { id, maxInFlight } = sharing;
    let lease = this.leases.get(id);
    if (lease && (lease.isAsking || lease.isGiving || lease.slots.length >= maxInFlight)) return;
    if ((lease?.askAgainAtMs ?? 0) > performance.now() || !this.options.mayLease(sharing)) return;
    if (!lease) {
      lease = { sharing, slots: [], heldSinceMs: 0, isGiving: false, isAsking: false, askAgainAtMs: 0 };
      this.leases.set(id, lease);
    }
    lease.sharing = sharing;
    void this.ask(lease);
  }

  /** Others may have taken what it held. */
  forget(): void {
    this.leases.clear();
  }

  private async ask(lease: Lease): Promise<void> {
    const { sharing } = lease;
    lease.isAsking = true;
    let taken: number[] = [];
    try {
      taken = await this.options.take(sharing, lease.slots);
    } catch (error) {
      this.options.onFault(error, sharing.id);
    }
    lease.isAsking = false;
    // It was forgotten meanwhile: the row stays, and this process may take it anew.
    if (this.leases.get(sharing.id) !== lease) return;
    if (taken.length === 0) {
      lease.askAgainAtMs = performance.now() + LOOK_EVERY_MS;
      return;
    }
    if (lease.slots.length === 0) lease.heldSinceMs = performance.now();
    lease.slots.push(...taken);
    this.options.onChanged();
  }

  private look(): void {
    for (const [id, lease] of this.leases) {
      if (lease.isAsking) continue;
      const inFlight = this.options.inFlightOf(id);
      if (lease.isGiving && inFlight < lease.slots.length) this.giveOne(lease);
      else if (inFlight === 0 && !this.options.isWaiting(id)) this.giveAll(id, lease);
      else if (performance.now() - lease.heldSinceMs > HOLD_MS && lease.slots.length > 0) void this.offer(lease);
    }
    this.options.onChanged();
  }

  private giveOne(lease: Lease): void {
    lease.isGiving = false;
    lease.heldSinceMs = performance.now();
    lease.askAgainAtMs = performance.now() + ASK_AGAIN_MS;
    this.giveBack(lease.sharing, lease.slots.splice(-1));
  }

  private giveAll(id: string, lease: Lease): void {
    this.leases.delete(id);
    if (lease.slots.length > 0) this.giveBack(lease.sharing, lease.slots);
  }

  private giveBack(sharing: Sharing, slots: number[]): void {
    this.options.giveBack(sharing, slots).catch((error: unknown) => this.options.onFault(error, sharing.id));
  }

  private async offer(lease: Lease): Promise<void> {
    lease.heldSinceMs = performance.now();
    try {
      lease.isGiving = (await this.options.isWanted(lease.sharing)) && lease.slots.length > 0;
    } catch (error) {
      this.options.onFault(error, lease.sharing.id);
    }
  }
}

import { type Admission, FairQueue, type Share } from './fairQueue';

/** One that wants a slot. `start` is called once, at once or when its turn has come, and leads to one `leave`. */
export interface Seat extends Share {
  start(): void;
}

interface Holder {
  held: number;
  byFlow: Map<string, number>;
}

export interface FairSlotsOptions {
  /** How many may be in use at once. */
  slots: number;
  /** Whether one flow, too, is kept from taking all that its tenant may have. Default false. */
  perFlow?: boolean;
}

/**
 * Slots of something scarce (connections, writers, threads), shared by tenant, then by flow. Two rules:
 *
 * - Who waits is served by fair queueing (`FairQueue`).
 * - Nobody can hold everything. A turn that comes when all slots are held by calls that hang comes too late, so a tenant
 *   holds at most as many slots as it leaves free: half of them when it is alone, a third each when there are two, and
 *   always some for the one that comes next. (The dynamic thresholds of Choudhury and Hahne, IEEE/ACM ToN 1998.) With
 *   `perFlow` the same holds for the flows inside what their tenant may have: a third for one that is alone.
 *
 * Everybody gets one slot in any case, if there is any.
 */
export class FairSlots {
  private readonly waiting = new FairQueue<Seat>();
  private readonly holders = new Map<string, Holder>();
  private held = 0;

  constructor(private readonly options: FairSlotsOptions) {}

  get waitingCount(): number {
    return this.waiting.size;
  }

  get heldCount(): number {
    return this.held;
  }

  heldBy(tenantId: string): number {
    return this.holders.get(tenantId)?.held ?? 0;
  }

  waitingOf(tenantId: string): number {
    return this.waiting.sizeOf(tenantId);
  }

  enter(seat: Seat): void {
    // Whoever waits already is over its share, else it would have its slot: so this one is next, or waits too.
    if (!this.tryEnter(seat)) this.waiting.push(seat, seat);
    else seat.start();
  }

  /** @returns a slot, which leads to one `leave`; null when its turn has not come within so many milliseconds. */
  enterWithin(share: Share, withinMs: number): Promise<Seat | null> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      let isStarted = false;
      const seat: Seat = {
        ...share,
        start: () => {
          isStarted = true;
          clearTimeout(timer);
          resolve(seat);
        },
      };
      this.enter(seat);
      if (isStarted) return;
      timer = setTimeout(() => {
        this.withdraw(seat);
        resolve(null);
      }, withinMs);
    });
  }

  /** For whoever does not wait. @returns whether it has a slot now, which leads to one `leave`. */
  tryEnter(share: Share): boolean {
    if (!this.may.tenant(share.tenantId) || !this.may.flow(share.tenantId, share.flow)) return false;
    this.waiting.charge(share);
    this.take(share);
    return true;
  }

  /** Takes out one that was not started. @returns false when it was. */
  withdraw(seat: Seat): boolean {
    return this.waiting.remove(seat, seat);
  }

  leave({ tenantId, flow }: Share): void {
    const holder = this.holders.get(tenantId);
    if (!holder) return;
    this.held--;
    holder.held--;
    const ofFlow = (holder.byFlow.get(flow) ?? 0) - 1;
    if (holder.held === 0) this.holders.delete(tenantId);
    else if (ofFlow > 0) holder.byFlow.set(flow, ofFlow);
    else holder.byFlow.delete(flow);
    if (this.waiting.size > 0) this.seatWaiting();
  }

  /** Holds a slot while the work is under way. */
  run<T>(share: Share, work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const seat: Seat = {
        ...share,
        start: () => {
          work()
            .finally(() => this.leave(seat))
            .then(resolve, reject);
        },
      };
      this.enter(seat);
    });
  }

  private seatWaiting(): void {
    for (let seat = this.waiting.shift(this.may); seat; seat = this.waiting.shift(this.may)) {
      this.take(seat);
      seat.start();
    }
  }

  private take({ tenantId, flow }: Share): void {
    this.held++;
    const holder = this.holders.get(tenantId);
    if (!holder) {
      this.holders.set(tenantId, { held: 1, byFlow: new Map([[flow, 1]]) });
      return;
    }
    holder.held++;
    holder.byFlow.set(flow, (holder.byFlow.get(flow) ?? 0) + 1);
  }

  private get free(): number {
    return this.options.slots - this.held;
  }

  private readonly may: Admission = {
    tenant: (tenantId) => {
      const ofTenant = this.heldBy(tenantId);
      return this.free > 0 && (ofTenant === 0 || ofTenant < this.free);
    },
    flow: (tenantId, flow) => {
      if (!this.options.perFlow) return true;
      const holder = this.holders.get(tenantId);
      const ofFlow = holder?.byFlow.get(flow) ?? 0;
      return ofFlow === 0 || ofFlow < this.free - (holder?.held ?? 0);
    },
  };
}

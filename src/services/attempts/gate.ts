import { CallSlots, type ConnectionWanted, type Ticket } from './callSlots';
import type { Sharing } from './inFlightShares';

export interface Place extends ConnectionWanted {
  /** What says how many of its subscription's may be in use at once. */
  sharing: Sharing;
  /** By this process's monotonic clock. */
  enteredAtMs: number;
}

/** How fast a subscription's receiver may be called; see `Paces`. */
export interface CallPace {
  /** Milliseconds until its next call may begin. */
  waitMs(subscriptionId: string): number;
  /** How many of its calls may begin within so many milliseconds. */
  roomWithin(subscriptionId: string, withinMs: number): number;
  /** One of its calls begins. */
  take(subscriptionId: string): void;
}

const UNPACED: CallPace = { waitMs: () => 0, roomWithin: () => Number.POSITIVE_INFINITY, take: () => undefined };

/** How many of a subscription's calls this process may have under way. */
export interface CallLimit {
  of(sharing: Sharing): number;
  /** Something waits for more than that. */
  onFull(sharing: Sharing): void;
}

const UNSHARED: CallLimit = { of: ({ maxInFlight }) => maxInFlight, onFull: () => undefined };

/**
 * How many attempts may be under way at once: this process's part of one subscription, then as many as its host and this process have
 * connections for it (`CallSlots`). A receiver that limits its callers is called at its pace. Of one subscription the first to come is the first to start; a full one holds up
 * no other one.
 */
export class Gate<P extends Place = Place> {
  private readonly slots = new CallSlots();
  /** Of the places that have one of their subscription's, also while they wait for a connection. */
  private readonly tickets = new Map<P, Ticket>();
  private readonly inside = new Map<string, { sharing: Sharing; count: number }>();
  private readonly waiting = new Map<string, P[]>();
  /** Of subscriptions whose first waiting place waits for their pace. */
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly pace: CallPace = UNPACED,
    private readonly limit: CallLimit = UNSHARED,
  ) {}

  /** Calls `start` now or when there is room. */
  enter(place: P): void {
    const queue = this.waiting.get(place.subscriptionId);
    if (queue) queue.push(place);
    else if (this.hasRoom(place) && this.pace.waitMs(place.subscriptionId) === 0) {
      this.admit(place);
    } else {
      this.waiting.set(place.subscriptionId, [place]);
      this.admitNext(place.subscriptionId);
    }
  }

  /** Takes out one that was not started. */
  withdraw(place: P): void {
    const ticket = this.tickets.get(place);
    if (ticket) {
      if (this.slots.withdraw(ticket)) this.release(place);
      return;
    }
    const queue = this.waiting.get(place.subscriptionId)?.filter((other) => other !== place);
    if (queue?.length === 0) this.forgetQueue(place.subscriptionId);
    else if (queue) this.waiting.set(place.subscriptionId, queue);
  }

  leave(place: P): void {
    const ticket = this.tickets.get(place);
    if (!ticket) return;
    this.slots.leave(ticket);
    this.release(place);
  }

  /** With those that wait for a connection of their host. */
  inFlightOf(subscriptionId: string): number {
    return this.inside.get(subscriptionId)?.count ?? 0;
  }

  /** Of every subscription that has any. */
  inFlight(): Iterable<{ sharing: Sharing; count: number }> {
    return this.inside.values();
  }

  isWaiting(subscriptionId: string): boolean {
    return this.waiting.has(subscriptionId);
  }

  /** Limits may have grown. */
  admitWaiting(): void {
    for (const subscriptionId of [...this.waiting.keys()]) this.admitNext(subscriptionId);
  }

  /** Subscriptions at their cap, with how long the first that waits has waited. */
  *queues(): Generator<{ subscriptionId: string; waitedMs: number }> {
    const now = performance.now();
    for (const [subscriptionId, queue] of this.waiting) {
      const waitedMs = now - (queue[0]?.enteredAtMs ?? now);
      yield { subscriptionId, waitedMs };
    }
  }

  /** Takes out those of a subscription that wait for their turn. @param butFirst so many stay. Default: none. */
  takeWaiting(subscriptionId: string, { butFirst = 0 } = {}): P[] {
    const places = this.waiting.get(subscriptionId)?.splice(butFirst) ?? [];
    if (this.waiting.get(subscriptionId)?.length === 0) this.forgetQueue(subscriptionId);
    return places;
  }

  /** How many more may enter whose calls then begin within so many milliseconds, as far as their pace is concerned. */
  roomWithin(subscriptionId: string, withinMs: number): number {
    const waiting = this.waiting.get(subscriptionId)?.length ?? 0;
    return Math.max(0, this.pace.roomWithin(subscriptionId, withinMs) - waiting);
  }

  /** How many of its calls begin within so many milliseconds where its pace is what they wait for; 0 where it has none. */
  roomAtPace(subscriptionId: string, withinMs: number): number {
    const room = this.pace.roomWithin(subscriptionId, withinMs);
    return Number.isFinite(room) ? room : 0;
  }

  /** Milliseconds until the pace lets the next call of the subscription begin. */
  paceWaitMs(subscriptionId: string): number {
    return this.pace.waitMs(subscriptionId);
  }

  private admit(place: P): void {
    const count = this.inFlightOf(place.subscriptionId) + 1;
    this.inside.set(place.subscriptionId, { sharing: place.sharing, count });
    this.pace.take(place.subscriptionId);
    const ticket = this.slots.ticketFor(place);
    this.tickets.set(place, ticket);
    this.slots.enter(ticket);
  }

  private release(place: P): void {
    this.tickets.delete(place);
    const left = this.inFlightOf(place.subscriptionId) - 1;
    if (left > 0) this.inside.set(place.subscriptionId, { sharing: place.sharing, count: left });
    else this.inside.delete(place.subscriptionId);
    this.admitNext(place.subscriptionId);
  }

  private admitNext(subscriptionId: string): void {
    for (;;) {
      const queue = this.waiting.get(subscriptionId);
      const [first] = queue ?? [];
      if (!queue || !first) return;
      if (!this.hasRoom(first)) {
        this.limit.onFull(first.sharing);
        return;
      }
      const waitMs = this.pace.waitMs(subscriptionId);
      if (waitMs > 0) {
        clearTimeout(this.timers.get(subscriptionId));
        this.timers.set(
          subscriptionId,
          setTimeout(() => this.admitNext(subscriptionId), waitMs),
        );
        return;
      }
      queue.shift();
      if (queue.length === 0) this.forgetQueue(subscriptionId);
      this.admit(first);
    }
  }

  private hasRoom({ subscriptionId, sharing }: P): boolean {
    return this.inFlightOf(subscriptionId) < this.limit.of(sharing);
  }

  private forgetQueue(subscriptionId: string): void {
    this.waiting.delete(subscriptionId);
    clearTimeout(this.timers.get(subscriptionId));
    this.timers.delete(subscriptionId);
  }
}

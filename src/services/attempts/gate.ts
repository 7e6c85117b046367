import { CallSlots, type ConnectionWanted, type Ticket } from './callSlots';

export interface Place extends ConnectionWanted {
  /** How many of its subscription's may be in use at once. */
  limit: number;
  /** By this process's monotonic clock. */
  enteredAtMs: number;
}

/**
 * How many attempts may be under way at once: `limit` of one subscription, then as many as its host and this process have
 * connections for it (`CallSlots`). Of one subscription the first to come is the first to start; a full one holds up
 * no other one.
 */
export class Gate<P extends Place = Place> {
  private readonly slots = new CallSlots();
  /** Of the places that have one of their subscription's, also while they wait for a connection. */
  private readonly tickets = new Map<P, Ticket>();
  private readonly inside = new Map<string, number>();
  private readonly waiting = new Map<string, P[]>();

  /** Calls `start` now or when there is room. */
  enter(place: P): void {
    if (this.inFlightOf(place.subscriptionId) < place.limit) {
      this.admit(place);
      return;
    }
    const queue = this.waiting.get(place.subscriptionId);
    if (queue) queue.push(place);
    else this.waiting.set(place.subscriptionId, [place]);
  }

  /** Takes out one that was not started. */
  withdraw(place: P): void {
    const ticket = this.tickets.get(place);
    if (ticket) {
      if (this.slots.withdraw(ticket)) this.release(place);
      return;
    }
    const queue = this.waiting.get(place.subscriptionId)?.filter((other) => other !== place);
    if (queue?.length === 0) this.waiting.delete(place.subscriptionId);
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
    return this.inside.get(subscriptionId) ?? 0;
  }

  /** Subscriptions at their cap, with how long the first that waits has waited. */
  *queues(): Generator<{ subscriptionId: string; waitedMs: number }> {
    const now = performance.now();
    for (const [subscriptionId, queue] of this.waiting) {
      const waitedMs = now - (queue[0]?.enteredAtMs ?? now);
      yield { subscriptionId, waitedMs };
    }
  }

  /** Takes out those of a subscription that wait for their turn. */
  takeWaiting(subscriptionId: string): P[] {
    const places = this.waiting.get(subscriptionId) ?? [];
    this.waiting.delete(subscriptionId);
    return places;
  }

  private admit(place: P): void {
    this.inside.set(place.subscriptionId, this.inFlightOf(place.subscriptionId) + 1);
    const ticket = this.slots.ticketFor(place);
    this.tickets.set(place, ticket);
    this.slots.enter(ticket);
  }

  private release(place: P): void {
    this.tickets.delete(place);
    const left = this.inFlightOf(place.subscriptionId) - 1;
    if (left > 0) this.inside.set(place.subscriptionId, left);
    else this.inside.delete(place.subscriptionId);
    this.admitNext(place.subscriptionId);
  }

  private admitNext(subscriptionId: string): void {
    const queue = this.waiting.get(subscriptionId);
    const [first] = queue ?? [];
    if (!queue || !first || this.inFlightOf(subscriptionId) >= first.limit) return;
    queue.shift();
    if (queue.length === 0) this.waiting.delete(subscriptionId);
    this.admit(first);
  }
}

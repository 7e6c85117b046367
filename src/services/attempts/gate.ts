/** Far above any one subscription's `maxInFlight` (100 at most), far below what one host may open (the connection pool's cap). */
const MAX_PER_HOST = 200;

export interface Place {
  host: string;
  subscriptionId: string;
  limit: number;
  /** By this process's monotonic clock. */
  enteredAtMs: number;
  /** There is room: leads to `leave` exactly once. */
  start(): void;
}

/**
 * How many attempts may be under way at once: `limit` of one subscription, 200 to one callback host. Who finds no room
 * waits in order of arrival among those of its own subscription; a full subscription holds up no other one.
 */
export class Gate<P extends Place = Place> {
  private readonly inFlight = new Map<string, number>();
  private readonly inFlightOfHost = new Map<string, number>();
  private readonly waiting = new Map<string, P[]>();
  private readonly waitingForHost = new Map<string, P[]>();

  /** Calls `start` now or when there is room. */
  enter(place: P): void {
    if (this.hasRoom(place)) this.admit(place);
    else this.queueOf(place).push(place);
  }

  /** Takes out one that was not started. */
  withdraw(place: P): void {
    for (const [queues, key] of [
      [this.waiting, place.subscriptionId],
      [this.waitingForHost, place.host],
    ] as const) {
      const queue = queues.get(key)?.filter((other) => other !== place);
      if (queue?.length === 0) queues.delete(key);
      else if (queue) queues.set(key, queue);
    }
  }

  leave({ host, subscriptionId }: P): void {
    decrease(this.inFlight, subscriptionId);
    decrease(this.inFlightOfHost, host);
    // The host's queue first: else subscriptions with queues of their own would hand its places on among themselves.
    this.admitNext(this.waitingForHost, host);
    this.admitNext(this.waiting, subscriptionId);
  }

  inFlightOf(subscriptionId: string): number {
    return this.inFlight.get(subscriptionId) ?? 0;
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

  private hasRoom({ host, subscriptionId, limit }: P): boolean {
    return this.inFlightOf(subscriptionId) < limit && (this.inFlightOfHost.get(host) ?? 0) < MAX_PER_HOST;
  }

  private admit(place: P): void {
    increase(this.inFlight, place.subscriptionId);
    increase(this.inFlightOfHost, place.host);
    place.start();
  }

  /** Who waits for the host only must not stand in its own subscription's queue: nobody would look there. */
  private queueOf(place: P): P[] {
    const full = this.inFlightOf(place.subscriptionId) >= place.limit;
    const [queues, key] = full ? [this.waiting, place.subscriptionId] : [this.waitingForHost, place.host];
    const queue = queues.get(key) ?? [];
    queues.set(key, queue);
    return queue;
  }

  /** Admits the first that finds room; whoever now lacks the other kind of room changes queues on the way. */
  private admitNext(queues: Map<string, P[]>, key: string): void {
    const queue = queues.get(key);
    for (let place = queue?.shift(); place; place = queue?.shift()) {
      if (this.hasRoom(place)) {
        this.admit(place);
        break;
      }
      const other = this.queueOf(place);
      if (other === queue) {
        queue.unshift(place);
        break;
      }
      other.push(place);
    }
    if (queue?.length === 0) queues.delete(key);
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function decrease(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}

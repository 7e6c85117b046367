/** How one call ended for who made it. `unknown`: it may have been done or not. */
export type Outcome = 'ok' | 'fail' | 'unknown';

/** Times are milliseconds of this run's one monotonic clock: driver, receiver and proxies are in one process. */
export type Entry = { atMs: number } & (
  | { kind: 'subscription'; path: string; tenantId: string; topics: string[]; ordered: boolean; held: boolean }
  /** Before the first byte of the event's first try; `key` is its event_key and its Idempotency-Key. */
  | { kind: 'publish'; key: string; tenantId: string; topic: string }
  /** The end of one try. */
  | { kind: 'published'; key: string; outcome: Outcome; status: number | null; eventId: string | null; tookMs: number }
  /** A callback has arrived whole. */
  | {
      kind: 'receipt';
      receipt: number;
      path: string;
      deliveryId: string;
      key: string;
      eventId: string | null;
      tenantId: string;
    }
  /** Before the answer's first byte; 0: the caller has gone without one. */
  | { kind: 'answer'; receipt: number; status: number }
  /** Before historyProcessed is called. */
  | { kind: 'release'; path: string; topic: string }
  /** `stopsCallers`: it kills or suspends who calls the receiver, or cuts it off, so that its last call may stay open or come late. */
  | { kind: 'fault'; what: string; stopsCallers?: boolean }
  | { kind: 'healed'; what: string }
);

/** An entry before it has its time. */
export type NewEntry = Entry extends infer E ? (E extends Entry ? Omit<E, 'atMs'> : never) : never;

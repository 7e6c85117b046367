/** A moment by both of a process's clocks. */
export interface Instant {
  monotonicMs: number;
  wallMs: number;
}

export function now(): Instant {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

/** By whichever clock saw more: the monotonic one stands still while a virtual machine is suspended, the other may be set back. */
export function elapsedMs(since: Instant): number {
  return Math.max(performance.now() - since.monotonicMs, Date.now() - since.wallMs);
}

/** A process's place among those that share each subscription's `maxInFlight`. */
export interface ShareView {
  /** -1: it is none of them. */
  at: number;
  size: number;
}

/**
 * How many of a subscription's calls one of the processes may have under way at once. The shares of all of them together
 * are exactly `maxInFlight`; who gets the rest of the division depends on the subscription, so that no process gets it of all.
 *
 * @param subscriptionId a UUID.
 * @returns null: there are more processes than calls, so each call is leased.
 */
export function inFlightShare(
  { subscriptionId, maxInFlight }: { subscriptionId: string; maxInFlight: number },
  { at, size }: ShareView,
): number | null {
  if (at < 0) return 0;
  if (size === 1) return maxInFlight;
  if (maxInFlight < size) return null;
  const first = Number.parseInt(subscriptionId.slice(-8), 16) % size;
  const turn = (at - first + size) % size;
  return Math.floor(maxInFlight / size) + (turn < maxInFlight % size ? 1 : 0);
}

import { setTimeout as sleep } from 'node:timers/promises';
import { createRateLimit } from './rateLimit';

/** Refusals of one caller that are answered at once. */
const AT_ONCE = { perSecond: 20, burst: 100 };
/** Those that are held are answered at this rate, however many connections they come over, until LONGEST_MS is reached. */
const HELD_PER_SECOND = 50;
const SHORTEST_MS = 1000;
/** An answer must come before its caller gives up and calls over a new connection. */
const LONGEST_MS = 4000;
/** As many as there can be connections, each of which has one call under way: a flood over many connections is held too. */
const MAX_HELD = 5000;

/** Resolves when this caller's refusal may be answered. */
export type HoldBack = (who: string) => Promise<void>;

/**
 * When a refusal is answered. To refuse costs nearly what a call does (header, parser, packets: 0.8 ms), so whoever goes on
 * calling is made to wait for it. On average for these times: held for the same time, all connections of a flood would call
 * again in one moment, and whoever else calls then waits for all of them.
 */
export function createHoldBack({ hold = sleep }: { hold?(ms: number): Promise<unknown> } = {}): HoldBack {
  const atOnce = createRateLimit(AT_ONCE);
  const heldOf = new Map<string, number>();
  let held = 0;

  return async (who) => {
    if (atOnce.take(who) === 0 || held >= MAX_HELD) return;
    held += 1;
    const ofCaller = (heldOf.get(who) ?? 0) + 1;
    heldOf.set(who, ofCaller);
    const averageMs = Math.min(Math.max((ofCaller / HELD_PER_SECOND) * 1000, SHORTEST_MS), LONGEST_MS);
    await hold(averageMs * (0.5 + Math.random()));
    held -= 1;
    const left = (heldOf.get(who) ?? 0) - 1;
    if (left > 0) heldOf.set(who, left);
    else heldOf.delete(who);
  };
}

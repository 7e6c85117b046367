import { setTimeout as sleep } from 'node:timers/promises';
import { createRateLimit } from './rateLimit';

/** Refusals of one caller that are answered at once. */
const AT_ONCE = { perSecond: 50, burst: 100 };
/**
 * On average: held for the same time, all connections of a flood would call again in one moment, and whoever else calls then
 * waits for all of them.
 */
const HELD_MS = 1000;
/** As many as there can be connections, each of which has one call under way: a flood over many connections is held too. */
const MAX_HELD = 5000;

/** Resolves when this caller's refusal may be answered. */
export type HoldBack = (who: string) => Promise<void>;

/**
 * When a refusal is answered. To refuse costs nearly what a call does (header, parser, packets: 0.1 ms), so whoever goes on
 * calling is made to wait for it: who has n connections then makes n calls a second.
 */
export function createHoldBack({ hold = sleep }: { hold?(ms: number): Promise<unknown> } = {}): HoldBack {
  const atOnce = createRateLimit(AT_ONCE);
  let held = 0;

  return async (who) => {
    if (atOnce.take(who) === 0 || held >= MAX_HELD) return;
    held += 1;
    await hold(HELD_MS * (0.5 + Math.random()));
    held -= 1;
  };
}

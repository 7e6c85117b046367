import type { Random } from '../random';

/** Each kind once in this time: in five minutes all of the six. */
export const FAULT_EVERY_MS = 50_000;
/** A fault begins so far into its slot, and lasts so long at most: then its slot has half a minute left to heal. */
const BEGINS_MS = { from: 2000, to: 10_000 };
export const LASTS_AT_MOST_MS = 12_000;

/** One fault of the plan. */
export interface Planned<Kind> {
  /** From the beginning of the load. */
  atMs: number;
  kind: Kind;
}

/**
 * The faults of a run: one in each slot of 50 s. The kinds are dealt like cards, all of them before any comes again, so
 * that every five minutes, those that are judged too, have met the same ones, in another order, with other victims.
 */
export function planFaults<Kind>({
  kinds,
  lengthMs,
  random,
}: {
  kinds: readonly Kind[];
  lengthMs: number;
  random: Random;
}): Planned<Kind>[] {
  const plan: Planned<Kind>[] = [];
  let dealt: Kind[] = [];
  for (let slotMs = 0; slotMs + FAULT_EVERY_MS <= lengthMs; slotMs += FAULT_EVERY_MS) {
    if (dealt.length === 0) dealt = shuffled(kinds, random);
    const kind = dealt.pop();
    const atMs = slotMs + random.between(BEGINS_MS.from, BEGINS_MS.to);
    if (kind !== undefined) plan.push({ atMs, kind });
  }
  return plan;
}

function shuffled<Kind>(kinds: readonly Kind[], random: Random): Kind[] {
  const rest = [...kinds];
  return kinds.flatMap(() => rest.splice(random.between(0, rest.length - 1), 1));
}

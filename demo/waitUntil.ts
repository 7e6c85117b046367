import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_MS = 60_000;

/** Resolves when `condition` holds, or after a minute. @returns whether it holds. */
export async function waitUntil(condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + LONGEST_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

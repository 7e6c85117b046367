import type { Turn } from './turn';

const CALLS_AT_ONCE = 20;
/** So many that fail one after another are no fault of the items. */
const MOST_FAULTS = CALLS_AT_ONCE;

/**
 * Calls `work` with each item, a bounded number at once. An item that fails is reported and holds up no other one. When it is
 * not the items, what is thrown says it for all of them.
 *
 * @param mayGoOn asked before each; the rest is left to the next round. @throws when all fail, or so many that it is not the items.
 */
export async function eachOf<T>(
  items: readonly T[],
  { onProgress, onFault, mayGoOn }: Pick<Turn, 'onProgress' | 'onFault'> & { mayGoOn?(): boolean },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  let done = 0;
  const faults: unknown[] = [];
  const worker = async () => {
    while (faults.length < MOST_FAULTS && (mayGoOn?.() ?? true)) {
      const next = rest.next();
      if (next.done) return;
      try {
        await work(next.value);
        done++;
      } catch (error) {
        faults.push(error);
      }
      onProgress();
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, worker));
  if (faults.length >= MOST_FAULTS || (faults.length > 0 && done === 0)) throw faults[0];
  for (const fault of faults) onFault(fault);
}

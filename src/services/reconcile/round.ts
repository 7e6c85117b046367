import { recordSuccess } from '../../db/maintenance';
import { sweepCancellations } from '../../db/sweeping/sweepCancellations';
import { carryOverdue } from './carryOverdue';
import { pullInWaits } from './pullInWaits';
import { showFailures } from './showFailures';
import { startFanOuts } from './startFanOuts';
import type { Part, ReconcileOptions, ReconcileResult, Turn } from './turn';
import { wakeLanes } from './wakeLanes';

/** Each part may begin something new for so long, then it is the next one's turn. */
const TURN_MS = 2000;
/** Parts with more to do take turns for so long. Far less than the two minutes after which /readyz misses a success. */
const ROUND_MS = 30_000;

const PARTS: Record<string, Part> = {
  'pull in waits': pullInWaits,
  'sweep cancellations': ({ db, mayGoOn }) => sweepCancellations(db.knex, mayGoOn),
  'wake lanes': wakeLanes,
  'start fan-outs': startFanOuts,
  'carry overdue deliveries': carryOverdue,
  'show failures': showFailures,
};

/**
 * Finds what nobody carries and gives it a carrier. Every part has its turn in every round, however much another one finds
 * and whether or not it fails; the next round goes on where this one ended.
 *
 * @throws when a part could not be done: the round has not succeeded.
 */
export async function reconcile(options: ReconcileOptions): Promise<ReconcileResult> {
  const result: ReconcileResult = { postponed: 0, takenOver: 0, lanesWoken: 0 };
  const failed: { name: string; error: unknown }[] = [];
  const endsAt = performance.now() + ROUND_MS;
  let parts = Object.entries(PARTS);
  while (parts.length > 0) {
    const unfinished: typeof parts = [];
    for (const [name, part] of parts) {
      options.signal.throwIfAborted();
      options.onProgress();
      try {
        if (await part(turnOf(options, result))) unfinished.push([name, part]);
      } catch (error) {
        failed.push({ name, error });
      }
    }
    parts = performance.now() < endsAt ? unfinished : [];
  }
  options.signal.throwIfAborted();
  const [first] = failed;
  if (first) {
    throw new Error(`could not ${failed.map(({ name }) => name).join(', nor ')}`, { cause: first.error });
  }
  await recordSuccess(options.db, 'reconcile');
  return result;
}

function turnOf(options: ReconcileOptions, result: ReconcileResult): Turn {
  const endsAt = performance.now() + TURN_MS;
  return {
    ...options,
    result,
    mayGoOn() {
      options.onProgress();
      return !options.signal.aborted && performance.now() < endsAt;
    },
  };
}

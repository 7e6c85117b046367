import { waitFor } from '../../../src/embedded/processes';
import type { Operator } from '../../driver/operator';

const WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 1000;

/** @throws when something of the topic is still pending after four minutes, more than its faults explain. */
export async function becomesSettled(operator: Operator, topic: string): Promise<void> {
  const path = `/v1/deliveries?state=pending&limit=1&topic=${topic}`;
  const isSettled = async () => (await operator.call<{ data: unknown[] }>('GET', path)).data.length === 0;
  if (await waitFor({ condition: isSettled, timeoutMs: WITHIN_MS, intervalMs: LOOK_EVERY_MS })) return;
  throw new Error(`something of ${topic} is still pending after ${WITHIN_MS} ms`);
}

import type { Engine } from '../engine';
import type { Stopper } from './stopper';

/**
 * Before the grace is over: for writing the outcomes of what is handed over, telling its workflows, and closing
 * connections. Half a second does it on an idle machine; a busy PostgreSQL or Temporal may take several.
 */
const HAND_OVER_MS = 5000;

export interface EndAttemptsOptions {
  engine: Pick<Engine, 'idle' | 'handOver'>;
  /** Null: this process has none. Its lanes and local activities end when their attempts do. */
  worker: { stop(): Promise<void> } | null;
  stopper: Pick<Stopper, 'leftMs'>;
}

/**
 * Attempts under way get until shortly before the end of the grace; what is unanswered by then is handed over to other
 * processes, which repeat it at once. Without it the deliveries would wait until their claims run out.
 */
export async function endAttempts({ engine, worker, stopper }: EndAttemptsOptions): Promise<void> {
  // Twice: what an activity began last may be under way after the worker has ended.
  const ended = Promise.all([worker?.stop(), engine.idle()]).then(() => engine.idle());
  let timer: NodeJS.Timeout | undefined;
  const patienceIsOver = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), stopper.leftMs - HAND_OVER_MS);
  });
  const first = await Promise.race([ended, patienceIsOver]);
  clearTimeout(timer);
  if (first === 'late') await engine.handOver();
  await ended;
}

import type { Logger } from 'pino';
import type { MaintenanceName } from '../../db/maintenance';
import type { Metrics } from '../metrics';

/** What operators see of rounds: one line for each that did something or failed, and how many there were. */
export function createRoundReport({ name, metrics, log }: { name: MaintenanceName; metrics: Metrics; log: Logger }) {
  return {
    async watch(work: () => Promise<object>): Promise<void> {
      const startedAt = performance.now();
      const result = await work();
      metrics.rounds.inc({ name, outcome: 'succeeded' });
      const line = { event: `${name}.round`, durationMs: Math.round(performance.now() - startedAt), ...result };
      log[isIdle(result) ? 'debug' : 'info'](line);
    },
    fault(error: unknown): void {
      metrics.rounds.inc({ name, outcome: 'failed' });
      log.warn({ event: `${name}.round_failed`, err: error });
    },
  };
}

/** Counts that are 0, and lists that are empty. */
function isIdle(result: object): boolean {
  return Object.values(result).every((value) => value === 0 || (Array.isArray(value) && value.length === 0));
}

import type { Metrics } from '../services/metrics';
import type { TemporalLink } from '../temporal/temporalLink';
import { every, type Parts } from './parts';

/** An administrator who adds what is missing is noticed within this time; so is a Temporal that lost its database. */
const LOOK_EVERY_MS = 30_000;

/** Keeps in Temporal what Postrider has there, and says what it may not put there itself. */
export function keepInstalled({
  temporal,
  metrics,
  log,
  stopper,
}: Parts & { temporal: TemporalLink; metrics: Metrics }) {
  metrics.watch({
    name: 'postrider_temporal_search_attributes_missing',
    help: 'Search attributes that the Temporal namespace lacks, as last looked at; /readyz says what to do.',
    ask: async () => temporal.missingAttributes.count,
  });
  const run = () => temporal.ensureInstalled();
  every(LOOK_EVERY_MS, {
    stopper,
    log,
    name: 'temporal.installation',
    run: async () => {
      if (temporal.isConnected) await run();
    },
  });
  temporal.connected.then(run).catch((err: unknown) => log.warn({ event: 'temporal.installation.failed', err }));
}

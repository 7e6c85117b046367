import type { Logger } from 'pino';
import type { findLargeBacklogs } from '../db/largeBacklogs';
import type { Metrics } from './metrics';

/** Pending deliveries of one subscription that its owner should know of: they are kept, and never dropped for their number. */
const MANY_PENDING = 100_000;
/** Looked at in one round: reading 100,000 index entries takes 15 ms, and few subscriptions have so many. */
const SUBSCRIPTIONS_A_ROUND = 200;

export interface BacklogWarningOptions {
  find(query: { after: string | null; limit: number; pending: number }): ReturnType<typeof findLargeBacklogs>;
  metrics: Pick<Metrics, 'largeBacklogs'>;
  log: Logger;
}

/** Says of which subscriptions a great many deliveries are pending. Each call looks at the next subscriptions, in turn. */
export function createBacklogWarning({ find, metrics, log }: BacklogWarningOptions): () => Promise<void> {
  let after: string | null = null;
  let inThisTurn = 0;
  return async () => {
    const { found, last } = await find({ after, limit: SUBSCRIPTIONS_A_ROUND, pending: MANY_PENDING });
    for (const backlog of found) log.warn({ event: 'subscription.many_pending', ...backlog, moreThan: MANY_PENDING });
    inThisTurn += found.length;
    after = last;
    if (last !== null) return;
    metrics.largeBacklogs.set(inThisTurn);
    inThisTurn = 0;
  };
}

import { join } from 'node:path';
import type { Activities } from '../../activities';
import type { TemporalLink } from '../temporal/temporalLink';
import { type RunningWorker, runWorker } from '../worker/worker';
import type { Parts } from './parts';

const WORKFLOW_BUNDLE = join(__dirname, '..', '..', 'workflow-bundle.js');

export interface StartWorkerOptions extends Pick<Parts, 'log'> {
  temporal: TemporalLink;
  namespace: string;
  activities: Activities;
  /** After so long a task under way is given up. */
  shutdownForceMs: number;
}

/** In the background: with a Temporal that is away the API accepts all the same. */
export function startWorker({
  temporal,
  namespace,
  activities,
  shutdownForceMs,
  log,
}: StartWorkerOptions): RunningWorker {
  const started = temporal.connected.then(async ({ connection }) => {
    const workflows = { workflowBundle: { codePath: WORKFLOW_BUNDLE } };
    return runWorker({ connection, namespace, workflows, activities, shutdownForceMs, log });
  });
  let isRunning = () => false;
  started.then(
    (worker) => {
      isRunning = worker.isRunning;
    },
    (err: unknown) => log.warn({ event: 'worker.not_started', err }),
  );
  return {
    isRunning: () => isRunning(),
    async stop() {
      // Connected, so it is there or about to be, and holds the connection that is closed next.
      if (temporal.isConnected) await (await started).stop();
    },
  };
}

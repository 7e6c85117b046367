import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Activities } from '../../activities';
import { MAINTENANCE_TASK_QUEUE, TASK_QUEUE } from '../contracts/ids';

/** Each wait for an attempt holds a slot for some seconds (activities/patience.ts); a slot itself costs next to nothing. */
export const WORKFLOW_TASK_SLOTS = 400;
const ACTIVITY_SLOTS = 500;
/** One round of each at a time, and one more of each that an operator starts by hand. */
const MAINTENANCE_SLOTS = 4;
const RESTART_AFTER_MS = 1000;
/** Unless the caller says otherwise. */
const SHUTDOWN_FORCE_MS = 20_000;

export interface RunWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  workflows: Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>;
  activities: Activities;
  /** A task that is still under way so long after `stop` is given up. Default 20,000. */
  shutdownForceMs?: number;
  log: Logger;
}

export interface RunningWorker {
  isRunning(): boolean;
  /** Takes no more tasks from now on, and comes back when those under way are answered. */
  stop(): Promise<void>;
}

/** Runs until it is told to stop: for what tenants cause, and apart from it for the safety nets. */
export function runWorker(options: RunWorkerOptions): RunningWorker {
  const { log } = options;
  const workers = [
    keepRunning(() => createWorker(options), log),
    keepRunning(() => createMaintenanceWorker(options), log),
  ];
  return {
    isRunning: () => workers.every((worker) => worker.isRunning()),
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

/** A worker that ends on a fault is replaced. */
function keepRunning(create: () => Promise<Worker>, log: Logger): RunningWorker {
  let worker: Worker | null = null;
  let isStopping = false;

  async function run(): Promise<void> {
    while (!isStopping) {
      try {
        worker = await create();
        const ended = worker.run();
        // A worker that never ran would hold the connection for ever.
        if (isStopping) worker.shutdown();
        await ended;
      } catch (error) {
        log.error({ event: 'worker.failed', err: error });
        if (!isStopping) await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER_MS));
      }
    }
  }

  const ended = run();
  return {
    isRunning: () => worker?.getState() === 'RUNNING',
    async stop() {
      isStopping = true;
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}

function createWorker({ connection, namespace, workflows, activities, ...options }: RunWorkerOptions): Promise<Worker> {
  return Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    ...workflows,
    activities,
    maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASK_SLOTS,
    maxConcurrentLocalActivityExecutions: WORKFLOW_TASK_SLOTS,
    maxConcurrentActivityTaskExecutions: ACTIVITY_SLOTS,
    shutdownForceTime: options.shutdownForceMs ?? SHUTDOWN_FORCE_MS,
  });
}

/** Lanes hold an activity slot for up to a minute each: a tenant with five hundred of them would keep reconcile waiting. */
function createMaintenanceWorker({ connection, namespace, activities, ...options }: RunWorkerOptions): Promise<Worker> {
  const { reconcile, retention } = activities;
  return Worker.create({
    connection,
    namespace,
    taskQueue: MAINTENANCE_TASK_QUEUE,
    activities: { reconcile, retention },
    maxConcurrentActivityTaskExecutions: MAINTENANCE_SLOTS,
    maxConcurrentActivityTaskPolls: 1,
    shutdownForceTime: options.shutdownForceMs ?? SHUTDOWN_FORCE_MS,
  });
}

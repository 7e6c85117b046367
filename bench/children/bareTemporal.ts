import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { nowUs } from '../clock';
import { serve } from './rpc';

const TASK_QUEUE = 'postrider-bench';
/** As many as the product's own worker has, so that no start at 100 at once is turned away. */
const WORKFLOW_TASK_SLOTS = 400;

let client: Client;

/** Starts one and waits for its end. */
async function startAndFinish(): Promise<void> {
  await client.workflow.execute('empty', {
    workflowId: `bench/${randomUUID()}`,
    taskQueue: TASK_QUEUE,
    requestEagerStart: true,
  });
}

const handlers = {
  /** Client and worker on one connection, which eager start needs. */
  async connect({ address, namespace }: { address: string; namespace: string }): Promise<void> {
    Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('ERROR') });
    const connection = await NativeConnection.connect({ address });
    client = new Client({ connection, namespace });
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue: TASK_QUEUE,
      workflowsPath: require.resolve('./emptyWorkflow'),
      maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASK_SLOTS,
    });
    worker.run().catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
    await startAndFinish();
  },

  /** Workflows per second. */
  async rate({ count, atOnce }: { count: number; atOnce: number }): Promise<number> {
    let left = count;
    const startUs = nowUs();
    const starter = async () => {
      while (left > 0) {
        left -= 1;
        await startAndFinish();
      }
    };
    await Promise.all(Array.from({ length: atOnce }, starter));
    return count / ((nowUs() - startUs) / 1e6);
  },

  /** How long each of `count` took, one after the other. */
  async oneAtATime({ count }: { count: number }): Promise<{ durationsMs: number[] }> {
    const durationsMs: number[] = [];
    for (let index = 0; index < count; index++) {
      const startUs = nowUs();
      await startAndFinish();
      durationsMs.push((nowUs() - startUs) / 1000);
    }
    return { durationsMs };
  },
};

export type BareTemporalHandlers = typeof handlers;

serve(handlers);

import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowClient } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { TASK_QUEUE } from '../../src/contracts/ids';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/searchAttributes';
import { makeScene } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';
import { countPending } from '../quiet';

const EVENTS = { short: 30, full: 100 };
const DOUBLES = 2;
/** Longer than a double takes to come. */
const CALLBACK_MS = 2000;
/** Without a fault nobody may wait in vain, on a machine that does everything at once. */
const TIMEOUT_MS = 12_000;
const PUSH_MS = 300;
const ROUND_EVERY_MS = 300;
const ROUNDS_FOR_MS = { short: 15_000, full: 60_000 };
const RETRIES_AT_ONCE = 3;

export const carriersDoubled: FaultCase = {
  name: 'carriers-doubled',
  what: 'every carrier is started twice more, as the UI\'s "Start Workflow Like This One" does, and its delivery retried by hand',
  // It is no fault that excuses anything: only the claims of deliveries and lanes keep their carriers apart.
  limits: { maxRepeats: 0, maxUncertain: 0, answersWithinMs: 12_000 },
  async run(lab) {
    const { stack, producer, receiver, tenantIds, short } = lab;
    const { target, plainPath, pushPath } = await makeScene(lab, { timeoutMs: TIMEOUT_MS });
    const failed: string[] = [];
    const tried = new Set<string>();
    receiver.on(plainPath, ({ deliveryId }) => {
      if (tried.has(deliveryId)) return { delayMs: CALLBACK_MS };
      tried.add(deliveryId);
      failed.push(deliveryId);
      return { delayMs: CALLBACK_MS, status: 400 };
    });
    receiver.on(pushPath, () => ({ delayMs: PUSH_MS }));
    await producer.publishMany(target, short ? EVENTS.short : EVENTS.full);
    const known = new Set<string>();
    const endMs = performance.now() + (short ? ROUNDS_FOR_MS.short : ROUNDS_FOR_MS.full);
    while (performance.now() < endMs && (await countPending(stack, tenantIds)) > 0) {
      await startOthersLikeThem(lab, known);
      await Promise.all(failed.splice(0).map((deliveryId) => retryByHand(lab, deliveryId)));
      await sleep(ROUND_EVERY_MS);
    }
  },
};

/** Of every carrier that is open and was not met before. */
function startOthersLikeThem({ stack, tenantIds }: Lab, known: Set<string>): Promise<void> {
  const tenants = tenantIds.map((id) => `'${id}'`).join(', ');
  const query = `ExecutionStatus = 'Running' AND (TenantId IN (${tenants}) OR WorkflowType = 'consignment')`;
  return stack.temporal.use(async ({ workflow }) => {
    for await (const { workflowId, type, typedSearchAttributes } of workflow.list({ query })) {
      if (known.has(workflowId)) continue;
      known.add(workflowId);
      const args = await readInput(workflow, workflowId);
      // Temporal's own are refused.
      const own = typedSearchAttributes.getAll().filter(({ key }) => key.name in SEARCH_ATTRIBUTES);
      for (let double = 1; double <= DOUBLES; double++) {
        const doubleId = `${workflowId}/double-${double}`;
        known.add(doubleId);
        const start = { workflowId: doubleId, taskQueue: TASK_QUEUE, args, typedSearchAttributes: own };
        await workflow.start(type, start);
      }
    }
  });
}

async function readInput(workflow: WorkflowClient, workflowId: string): Promise<unknown[]> {
  const { events } = await workflow.getHandle(workflowId).fetchHistory();
  const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return payloads.map((payload) => defaultPayloadConverter.fromPayload(payload));
}

/** At once, and at about the moment when its own carriers do. One that is delivered by then is refused. */
async function retryByHand({ operator }: Lab, deliveryId: string): Promise<void> {
  const retry = () => operator.call('POST', `/v1/deliveries/${deliveryId}/retry`).catch(() => undefined);
  await Promise.all(Array.from({ length: RETRIES_AT_ONCE }, retry));
}

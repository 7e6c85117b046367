import { setTimeout as sleep } from 'node:timers/promises';
import { makeScene } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';

const EVENTS = { short: 60, full: 600 };
const AT_ONCE = 20;

export const carriersTerminated: FaultCase = {
  name: 'carriers-terminated',
  what: 'every open workflow of deliveries and push tasks is terminated, as an operator can in the UI',
  limits: { maxUncertain: 0 },
  isLong: true,
  async run(lab) {
    const { producer, receiver, rate, short } = lab;
    const { target, targets, plainPath, pushPath } = await makeScene(lab);
    receiver.on(plainPath, () => ({ status: 400 }));
    receiver.on(pushPath, ({ number }) => ({ status: number % 10 === 0 ? 503 : 200 }));
    await producer.publishMany(target, short ? EVENTS.short : EVENTS.full);
    const load = producer.startLoad({ targets, perSecond: rate });
    for (let round = 0; round < 3; round++) {
      await sleep(1500);
      const heal = await lab.beginFault('every carrier terminated');
      await terminateCarriers(lab);
      await heal();
    }
    await load.stop();
    receiver.acknowledgeAll();
  },
};

/** Those of this case's tenants. @returns how many. */
export function terminateCarriers({ stack, tenantIds }: Lab): Promise<number> {
  const query = `ExecutionStatus = 'Running' AND TenantId IN (${tenantIds.map((id) => `'${id}'`).join(', ')})`;
  return stack.temporal.use(async ({ workflow }) => {
    let count = 0;
    let batch: Promise<unknown>[] = [];
    for await (const { workflowId } of workflow.list({ query })) {
      count++;
      // It may have ended by itself meanwhile.
      batch.push(
        workflow
          .getHandle(workflowId)
          .terminate('the fault harness')
          .catch(() => undefined),
      );
      if (batch.length < AT_ONCE) continue;
      await Promise.all(batch);
      batch = [];
    }
    await Promise.all(batch);
    return count;
  });
}

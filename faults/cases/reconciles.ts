import { setTimeout as sleep } from 'node:timers/promises';
import { TASK_QUEUE } from '../../src/contracts/ids';
import { waitFor } from '../../src/embedded/processes';
import { makeScene } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';
import { terminateCarriers } from './carriers';

const EVENTS = { short: 200, full: 1000 };
const RECONCILES_AT_ONCE = 4;
const OVERDUE_WITHIN_MS = 90_000;

export const reconciles: FaultCase = {
  name: 'reconciles-at-once',
  what: 'several reconciles at once find the same deliveries that nobody carries, under load',
  // Nothing was under way when the carriers went, so two of them for one delivery would show.
  limits: { maxRepeats: 0, maxUncertain: 0 },
  isLong: true,
  async run(lab) {
    const { producer, receiver, short } = lab;
    const { target, plainPath } = await makeScene(lab, { retry: Array(50).fill(5) });
    receiver.on(plainPath, () => ({ status: 400 }));
    await producer.publishMany(target, short ? EVENTS.short : EVENTS.full);
    const heal = await lab.beginFault('every carrier terminated');
    await terminateCarriers(lab);
    receiver.acknowledgeAll();
    // What the recorded failures had planned is overdue 30 s later; the workers' own round is one of the crowd, as beside a release that still has its Schedule.
    const hasOverdue = async () => (await countOverdue(lab)) > 0;
    await waitFor({ condition: hasOverdue, timeoutMs: OVERDUE_WITHIN_MS, intervalMs: 200 });
    for (let round = 0; round < 15; round++) {
      await startReconciles(lab, round);
      await sleep(1000);
    }
    await heal();
  },
};

async function countOverdue({ stack, tenantIds }: Lab): Promise<number> {
  const [row] = await stack.postgres.query<{ count: string }>(
    "SELECT count(*) FROM deliveries WHERE state = 'pending' AND due_by < now() AND tenant_id = ANY($1)",
    [tenantIds],
  );
  return Number(row?.count);
}

function startReconciles({ stack, journal }: Lab, round: number): Promise<void> {
  return stack.temporal.use(async ({ workflow }) => {
    await Promise.all(
      Array.from({ length: RECONCILES_AT_ONCE }, (_, index) =>
        workflow.start('reconcile', {
          taskQueue: TASK_QUEUE,
          workflowId: `${journal.name}-${Date.now()}-${round}-${index}`,
        }),
      ),
    );
  });
}

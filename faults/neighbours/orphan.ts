import { waitFor } from '../../src/embedded/processes';
import type { Target } from '../driver/producer';
import { makeTenant, putTopic, subscribe, type Tenant } from '../driver/scene';
import type { Lab } from '../lab';

/** Longer than any case: what finds the delivery again is reconcile, and nothing else. */
const RETRY_AFTER_S = 3600;
const STEP_WITHIN_MS = 30_000;
/** Several rounds of reconcile, which begin every 10 s. */
export const RECOVERED_WITHIN_MS = 40_000;

/** A tenant whose receiver refuses each event's first attempt. */
export interface Orphanage {
  /**
   * A delivery's workflow is terminated while it waits for its retry, and its row says that it is due.
   *
   * @returns milliseconds until its next attempt, or null: not within `RECOVERED_WITHIN_MS`.
   */
  recover(): Promise<number | null>;
}

export async function makeOrphanage(lab: Lab): Promise<Orphanage> {
  const topic = `${lab.journal.name}-orphan`;
  await putTopic(lab, topic);
  const tenant = await makeTenant(lab);
  const callbackUrl = lab.receiver.urlOf(`/${lab.journal.name}/orphan`);
  const { path } = await subscribe(lab, tenant, {
    ...{ name: 'orphan', topics: [topic], retry: [RETRY_AFTER_S, RETRY_AFTER_S], callbackUrl },
  });
  return { recover: () => recover(lab, tenant, { ...tenant, topic }, path) };
}

async function recover(lab: Lab, tenant: Tenant, target: Target, path: string): Promise<number | null> {
  const { receiver, producer, stack } = lab;
  const before = receiver.count(path);
  receiver.on(path, ({ number }) => ({ status: number === before + 1 ? 503 : 200 }));
  await producer.publish(target);
  const id = await waitingDelivery(lab, tenant);
  const { workflowId } = await lab.operator.call<{ workflowId: string }>('GET', `/v1/deliveries/${id}`);
  await stack.temporal.use((client) => client.workflow.getHandle(workflowId).terminate('an orphan'));
  await stack.postgres.query('UPDATE deliveries SET next_attempt_at = now(), due_by = now() WHERE id = $1', [id]);
  const beganMs = performance.now();
  const isAttempted = async () => receiver.count(path) > before + 1;
  const found = await waitFor({ condition: isAttempted, timeoutMs: RECOVERED_WITHIN_MS, intervalMs: 20 });
  if (found) return performance.now() - beganMs;
  // It must not hold up the end of the case, which waits for everything that is pending.
  await lab.operator.call('POST', `/v1/deliveries/${id}/retry`);
  return null;
}

/** Its first attempt is recorded, and it waits for the second in a workflow of its own. */
async function waitingDelivery({ stack }: Lab, { tenantId }: Tenant): Promise<string> {
  const find = async () => {
    const [row] = await stack.postgres.query<{ id: string }>(
      "SELECT id FROM deliveries WHERE tenant_id = $1 AND state = 'pending' AND next_attempt_at > now()",
      [tenantId],
    );
    return row?.id ?? null;
  };
  const id = await waitFor({ condition: find, timeoutMs: STEP_WITHIN_MS, intervalMs: 50 });
  if (!id) throw new Error('the delivery that is to be orphaned does not wait for a retry');
  return id;
}

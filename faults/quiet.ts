import { waitFor } from '../src/embedded/processes';
import type { Stack } from './stack/stack';

const AGREES_WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 250;

/** @returns milliseconds until no delivery of these tenants was pending, or null at the deadline. */
export async function waitUntilDelivered(
  { postgres }: Stack,
  { tenantIds, withinMs }: { tenantIds: string[]; withinMs: number },
): Promise<number | null> {
  const beganMs = performance.now();
  const isDelivered = async () => (await countPending({ postgres }, tenantIds)) === 0;
  const done = await waitFor({ condition: isDelivered, timeoutMs: withinMs, intervalMs: LOOK_EVERY_MS });
  return done === null ? null : performance.now() - beganMs;
}

export async function countPending({ postgres }: Pick<Stack, 'postgres'>, tenantIds: string[]): Promise<number> {
  const [row] = await postgres.query<{ count: string }>(
    "SELECT count(*) FROM deliveries WHERE state = 'pending' AND tenant_id = ANY($1)",
    [tenantIds],
  );
  return Number(row?.count);
}

/**
 * What PostgreSQL and Temporal say of these tenants when nothing is pending any more, for as long as carriers may take to
 * look up: every way in which they differ, in words; none when they agree.
 */
export async function findDisagreements(stack: Stack, tenantIds: string[]): Promise<string[]> {
  let found: string[] = [];
  await waitFor({
    timeoutMs: AGREES_WITHIN_MS,
    intervalMs: 1000,
    condition: async () => {
      found = await disagreements(stack, tenantIds);
      return found.length === 0;
    },
  });
  return found;
}

async function disagreements({ postgres, temporal, form }: Stack, tenantIds: string[]): Promise<string[]> {
  // A case of which nobody's deliveries are judged.
  if (tenantIds.length === 0) return [];
  const unfinished = await postgres.query<{ id: string; state: string; reason: string | null }>(
    "SELECT id, state, reason FROM deliveries WHERE state <> 'delivered' AND tenant_id = ANY($1) LIMIT 20",
    [tenantIds],
  );
  const lanes = await postgres.query<{ subscription_id: string; topic: string; state: string; awake: boolean }>(
    `SELECT l.subscription_id, l.topic, l.state, l.awake FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id
     WHERE s.tenant_id = ANY($1) AND (l.awake OR l.state <> 'idle')`,
    [tenantIds],
  );
  const open = await openWorkflows({ temporal, form }, tenantIds);
  return [
    ...unfinished.map(({ id, state, reason }) => `disagreement: delivery ${id} is ${state} (${reason})`),
    ...lanes.map((lane) => `disagreement: lane ${lane.subscription_id}/${lane.topic} is ${JSON.stringify(lane)}`),
    ...open.map((id) => `disagreement: workflow ${id} is open`),
  ];
}

/**
 * Carriers of what is finished. A consignment has no tenant, and lasts for seconds only; beside an attacker, whose own
 * deliveries need not be finished, it is not looked at.
 */
async function openWorkflows(
  { temporal, form }: Pick<Stack, 'temporal' | 'form'>,
  tenantIds: string[],
): Promise<string[]> {
  const tenants = tenantIds.map((id) => `'${id}'`).join(', ');
  const ofNobody = form === 'split' ? " OR WorkflowType = 'consignment'" : '';
  const query = `ExecutionStatus = 'Running' AND (TenantId IN (${tenants})${ofNobody})`;
  return temporal.use(async ({ workflow }) => {
    const open: string[] = [];
    for await (const { workflowId } of workflow.list({ query })) {
      open.push(workflowId);
      if (open.length >= 20) break;
    }
    return open;
  });
}

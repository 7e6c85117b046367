import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { Knex } from 'knex';
import { deliveryWorkflowId, laneWorkflowId } from '../../../src/contracts/ids';
import { TENANT, waitFor } from '../../support/engine';

const WORDS = { tenantId: TENANT, appId: 'shop' };

/** The id of a delivery's workflow, of the installation's own tenant unless `tenantId` says otherwise. */
export function deliveryWorkflow(
  deliveryId: string,
  { topic = 'gs', generation = 1, ...words }: { topic?: string; generation?: number; tenantId?: string } = {},
): string {
  return deliveryWorkflowId({ deliveryId, generation }, { ...WORDS, topic, ...words });
}

/** The same of whatever delivery, from its row. */
export async function workflowOf(knex: Knex, deliveryId: string): Promise<string> {
  const row = await knex('deliveries').where({ id: deliveryId }).first('generation', 'tenant_id', 'app_id', 'topic');
  const { generation, tenant_id: tenantId, app_id: appId, topic } = row;
  return deliveryWorkflowId({ deliveryId, generation }, { tenantId, appId, topic });
}

/** The id of a lane's workflow; without a topic that of the one lane of an independent subscription. */
export const laneWorkflow = (subscriptionId: string, topic = '') => laneWorkflowId(subscriptionId, { ...WORDS, topic });

export interface Ended {
  status: string;
  historyLength: number;
}

/** Waits until a workflow is closed, or stands as `status`. */
export async function waitForWorkflow(
  client: Client,
  { workflowId, status, timeoutMs }: { workflowId: string; status: string; timeoutMs?: number },
): Promise<Ended> {
  let seen: string | undefined;
  return waitFor(
    async () => {
      const described = await client.workflow
        .getHandle(workflowId)
        .describe()
        .catch((error: Error) => error);
      if (described instanceof Error) {
        seen = described.message;
        return undefined;
      }
      seen = described.status.name;
      return seen === status ? { status: seen, historyLength: described.historyLength } : undefined;
    },
    { what: () => `workflow ${workflowId} as ${status}; it is ${seen}`, timeoutMs },
  );
}

/** Waits until an open workflow has done its work and sleeps: before that, its local activity may still claim. */
export async function waitForTimer(client: Client, workflowId: string): Promise<void> {
  await waitForWorkflow(client, { workflowId, status: 'RUNNING' });
  await waitFor(
    async () => {
      const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
      return events?.some(({ timerStartedEventAttributes }) => timerStartedEventAttributes) || undefined;
    },
    { what: `a timer of ${workflowId}` },
  );
}

/** Every workflow that the namespace knows, closed ones too; its list lags a moment behind. */
export async function listWorkflows(client: Client, query?: string): Promise<WorkflowExecutionInfo[]> {
  const all: WorkflowExecutionInfo[] = [];
  for await (const workflow of client.workflow.list({ query })) all.push(workflow);
  return all;
}

export async function countByType(client: Client): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { type } of await listWorkflows(client)) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

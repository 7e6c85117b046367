import { waitFor } from '../../support/engine';
import { waitForLane, waitForStates } from './rows';
import { useEngine } from './useEngine';
import { laneWorkflow, listWorkflows, waitForTimer, waitForWorkflow } from './workflows';

jest.setTimeout(60_000);

const engine = useEngine();

const waitForRuns = (workflowId: string, count: number) =>
  waitFor(
    async () => (await listWorkflows(engine.node.client, `WorkflowId='${workflowId}'`)).length === count || undefined,
    { what: `${count} runs of ${workflowId}` },
  );

test('a request for cancellation makes a lane look again, as often as it is asked, and nothing vanishes', async () => {
  const { installation, node, receiver } = engine;
  receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), ordered: true, retry: [3600] });
  await node.publish();
  await node.publish();
  const lane = { subscriptionId, topic: 'gs' };
  await waitForLane(installation.knex, lane, { state: 'retrying' });
  const workflowId = laneWorkflow(subscriptionId, 'gs');
  for (const runs of [2, 3]) {
    await waitForTimer(node.client, workflowId);
    await node.client.workflow.getHandle(workflowId).cancel();
    await waitForRuns(workflowId, runs);
    await waitForWorkflow(node.client, { workflowId, status: 'RUNNING' });
  }
  await waitForTimer(node.client, workflowId);
  expect(receiver.hits('/hook')).toHaveLength(1);
  // Now it finds something when it looks.
  await installation
    .knex('lanes')
    .where({ subscription_id: subscriptionId })
    .update({ next_attempt_at: new Date(0) });
  await node.client.workflow.getHandle(workflowId).cancel();
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 2 } });
  await waitForWorkflow(node.client, { workflowId, status: 'COMPLETED' });
});

test('and so it is with the lane of a paused subscription, whose line reads as it should', async () => {
  const { node, receiver } = engine;
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/paused') });
  await node.pause(subscriptionId);
  await node.publish();
  const workflowId = laneWorkflow(subscriptionId);
  await waitForTimer(node.client, workflowId);
  const handle = node.client.workflow.getHandle(workflowId);
  const { memo, staticSummary } = await handle.describe();
  expect(await staticSummary()).toMatch(/^lane to 127\.0\.0\.1:\d+ for acme$/);
  expect(memo).toEqual({ tenant: 'acme', app: 'shop', subscription: subscriptionId });
  await handle.cancel();
  await waitForRuns(workflowId, 2);
  await waitForWorkflow(node.client, { workflowId, status: 'RUNNING' });
  const again = await node.client.workflow.getHandle(workflowId).describe();
  expect(again.memo).toEqual(memo);
});

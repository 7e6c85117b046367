import type { DeliverySubject } from '../../../src/contracts/carrying';
import { TASK_QUEUE, unnamedDeliveryWorkflowId, unnamedLaneWorkflowId } from '../../../src/contracts/ids';
import { TENANT } from '../../support/engine';
import { waitForDelivery, waitForStates } from './rows';
import { useEngine } from './useEngine';
import { laneWorkflow, listWorkflows, waitForTimer, waitForWorkflow } from './workflows';

jest.setTimeout(120_000);

const engine = useEngine({ anewForEach: true });

/** Workflows as a release before they were named by words left them open, in a database that was made by that release. */
beforeEach(async () => {
  const { installation } = engine;
  await installation.knex('knex_migrations').where({ name: '20261130160100_failures_to_show' }).update({ batch: 2 });
  await engine.node.stop();
  engine.node = await installation.startNode();
});

const NOWHERE = '127.0.0.1:1';

/** As they were: without the app. */
const subjectOf = (subscriptionId: string, topic: string) =>
  ({ tenantId: TENANT, subscriptionId, topic, callbackHost: '127.0.0.1' }) as DeliverySubject;

/** A delivery that waits for its second attempt, carried under its old id. */
async function waiting() {
  const { installation, node, receiver } = engine;
  receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  const before = await installation.startNode({ temporalAddress: NOWHERE, withWorker: false });
  const subscriptionId = await before.subscribe({ callbackUrl: receiver.url('/hook'), retry: [3600] });
  await before.publish();
  const { id: deliveryId } = await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
  const workflowId = unnamedDeliveryWorkflowId({ deliveryId, generation: 1 });
  const subject = subjectOf(subscriptionId, 'gs');
  const args = [{ deliveryId, generation: 1, subject }];
  await node.client.workflow.start('delivery', { workflowId, taskQueue: TASK_QUEUE, args });
  await waitForTimer(node.client, workflowId);
  return { subscriptionId, deliveryId, workflowId };
}

test('a delivery hears of its retry', async () => {
  const { subscriptionId, deliveryId, workflowId } = await waiting();
  await engine.node.retry(deliveryId);
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 1 } });
  await waitForWorkflow(engine.node.client, { workflowId, status: 'COMPLETED' });
});

test('and of its cancellation', async () => {
  const { deliveryId, workflowId } = await waiting();
  await engine.node.cancel(deliveryId);
  await waitForWorkflow(engine.node.client, { workflowId, status: 'COMPLETED' });
});

test('reconcile takes it for carried', async () => {
  const { installation, node } = engine;
  const { deliveryId, workflowId } = await waiting();
  await installation
    .knex('deliveries')
    .where({ id: deliveryId })
    .update({ due_by: new Date(0) });
  expect(await node.reconcile()).toMatchObject({ postponed: 1, takenOver: 0 });
  await waitForWorkflow(node.client, { workflowId, status: 'RUNNING' });
});

test.each([
  ['ordered', 'gs'],
  ['independent', ''],
])('the lane of an %s subscription goes on under its new id when it looks again', async (_, topic) => {
  const { installation, node, receiver } = engine;
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), ordered: topic !== '' });
  await node.pause(subscriptionId);
  const input = { subscriptionId, topic, subject: subjectOf(subscriptionId, topic) };
  const old = unnamedLaneWorkflowId(input);
  const named = laneWorkflow(subscriptionId, topic);
  await installation.knex('lanes').where({ subscription_id: subscriptionId }).update({ awake: true });
  await node.publish();
  await node.client.workflow.start('lane', { workflowId: old, taskQueue: TASK_QUEUE, args: [input] });
  await waitForWorkflow(node.client, { workflowId: old, status: 'COMPLETED' });
  await waitForWorkflow(node.client, { workflowId: named, status: 'RUNNING' });
  await node.resume(subscriptionId);
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 1 } });
  await waitForWorkflow(node.client, { workflowId: named, status: 'COMPLETED' });
  expect(await listWorkflows(node.client, `WorkflowId='${old}'`)).toHaveLength(1);
  expect(receiver.hits('/hook')).toHaveLength(1);
});

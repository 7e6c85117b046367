import { waitForDelivery, waitForStates } from './rows';
import { useEngine } from './useEngine';
import { deliveryWorkflow, laneWorkflow, waitForTimer } from './workflows';

jest.setTimeout(60_000);

const engine = useEngine();

test("a delivery's workflow and a lane's have their tenant's share of Temporal's task queue", async () => {
  const { installation, node, receiver } = engine;
  receiver.on('/hook', { status: 500 });
  receiver.on('/ordered', { status: 500 });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), retry: [3600] });
  const ordered = await node.subscribe({
    callbackUrl: receiver.url('/ordered'),
    topics: ['hs'],
    ordered: true,
    retry: [3600],
  });
  await node.publish();
  await node.publish({ topic: 'hs' });
  const { id } = await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
  await waitForTimer(node.client, deliveryWorkflow(id));
  await waitForTimer(node.client, laneWorkflow(ordered, 'hs'));
  for (const workflowId of [deliveryWorkflow(id), laneWorkflow(ordered, 'hs')]) {
    const { priority } = await node.client.workflow.getHandle(workflowId).describe();
    expect(priority).toMatchObject({ fairnessKey: 'acme' });
  }
});

test('a call that could not be made for a fault of our own is under way no more', async () => {
  const { installation, node, receiver } = engine;
  receiver.on('/once', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/once'), retry: [3600], tenantId: 'rival' });
  await node.publish({ tenantId: 'rival' });
  const { id } = await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
  const { knex } = installation;
  // Nobody can be told whom a page concerns that is none.
  await knex('subscriptions').where({ id: subscriptionId }).update({ interface: 'portal', version: 2 });
  await node.retry(id);
  await waitForDelivery(knex, { subscriptionId, attempt: 2 });
  await node.engine.idle();
  const { values } = await node.metrics.attemptsInFlight.get();
  expect(values).toMatchObject([{ value: 0 }]);
  expect(node.lines).toContainEqual(expect.objectContaining({ event: 'delivery.attempt_not_made', deliveryId: id }));
  await waitForStates(knex, { subscriptionId, states: { pending: 1 } });
});

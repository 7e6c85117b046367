import { type Installation, startInstallation, waitFor } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { deliveriesOf, waitForStates } from './rows';
import { countByType, deliveryWorkflow, waitForWorkflow } from './workflows';

jest.setTimeout(60_000);

let installation: Installation;
let receiver: Receiver;

beforeEach(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver?.stop();
  await installation?.stop();
});

const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

/** Every consignment and delivery workflow is closed. */
async function allClosed(client: Parameters<typeof countByType>[0]): Promise<void> {
  await waitFor(async () => (await client.workflow.count("ExecutionStatus='Running'")).count === 0 || undefined, {
    what: 'no workflow open',
  });
}

test('500 events at once are delivered once each, carried by far fewer workflows', async () => {
  const node = await installation.startNode();
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), maxInFlight: 100 });
  await times(500, () => node.publish());
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 500 }, timeoutMs: 20_000 });
  await allClosed(node.client);
  const ids = receiver.hits('/hook').map(({ headers }) => headers['webhook-id']);
  expect(ids).toHaveLength(500);
  expect(new Set(ids).size).toBe(500);
  const { delivery = 0, consignment = 0 } = await countByType(node.client);
  // How many depends on how quickly this machine publishes: what comes slowly has workflows of its own, rightly.
  expect(delivery + consignment).toBeLessThan(250);
  expect(consignment).toBeGreaterThanOrEqual(1);
});

test('what fails its first attempt in a consignment gets a workflow of its own', async () => {
  const node = await installation.startNode();
  // Refused for their content: a receiver that is not there would have its lane in use.
  receiver.on('/hook', { status: 400 });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), retry: [3600] });
  await times(50, () => node.publish());
  await waitFor(
    async () =>
      (await deliveriesOf(installation.knex, subscriptionId)).every(({ failures }) => failures === 1) || undefined,
    {
      what: '50 first failures',
    },
  );
  await waitFor(
    async () =>
      (await node.client.workflow.count("WorkflowType='delivery' AND ExecutionStatus='Running'")).count === 50 ||
      undefined,
    { what: '50 workflows' },
  );
  for (const { id } of await deliveriesOf(installation.knex, subscriptionId)) {
    await waitForWorkflow(node.client, { workflowId: deliveryWorkflow(id), status: 'RUNNING' });
  }
  expect(receiver.hits('/hook')).toHaveLength(50);
});

test('what is unanswered after some seconds is handed over, and its attempt under way stays the only one', async () => {
  const node = await installation.startNode();
  receiver.on('/slow', { delayMs: 7000 });
  const quick = await node.subscribe({ callbackUrl: receiver.url('/quick'), topics: ['gs', 'hs'], maxInFlight: 100 });
  const slow = await node.subscribe({ callbackUrl: receiver.url('/slow'), topics: ['hs'] });
  await times(60, () => node.publish());
  await times(5, () => node.publish({ topic: 'hs' }));
  await waitForStates(installation.knex, { subscriptionId: quick, states: { delivered: 65 } });
  for (const { id } of await deliveriesOf(installation.knex, slow)) {
    await waitForWorkflow(node.client, { workflowId: deliveryWorkflow(id, { topic: 'hs' }), status: 'RUNNING' });
  }
  await waitForStates(installation.knex, { subscriptionId: slow, states: { delivered: 5 } });
  for (const { id } of await deliveriesOf(installation.knex, slow)) {
    await waitForWorkflow(node.client, {
      workflowId: deliveryWorkflow(id, { topic: 'hs' }),
      status: 'COMPLETED',
      timeoutMs: 5000,
    });
  }
  expect(receiver.hits('/slow')).toHaveLength(5);
});

test('with split roles the workers attempt, whichever of them is asked', async () => {
  const api = await installation.startNode({ role: 'api' });
  const workers = [await installation.startNode({ role: 'worker' }), await installation.startNode({ role: 'worker' })];
  const subscriptionId = await api.subscribe({ callbackUrl: receiver.url('/hook'), maxInFlight: 100 });
  await times(300, () => api.publish());
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 300 }, timeoutMs: 20_000 });
  expect(receiver.hits('/hook')).toHaveLength(300);
  const attempted = workers.map(({ lines }) => lines.filter(({ event }) => event === 'delivery.attempted').length);
  expect(attempted.reduce((sum, count) => sum + count)).toBe(300);
});

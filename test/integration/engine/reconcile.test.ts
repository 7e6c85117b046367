import { acceptEvents } from '../../../src/db/carrying/accept';
import { selectionsOf } from '../../../src/domain/selectors';
import { eventOf, type Installation, startInstallation, waitFor } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { attemptsOf, deliveriesOf, makeOverdue, waitForDelivery, waitForStates } from './rows';
import { deliveryWorkflow, listWorkflows, waitForTimer, waitForWorkflow } from './workflows';

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

/** Accepted as by a process that died right after the commit. */
async function acceptAndDie(count: number, { attempting = true } = {}) {
  const events = Array.from({ length: count }, () => {
    const event = eventOf();
    return { ...event, selections: selectionsOf(event) };
  });
  await acceptEvents(installation.db, { events, attempting });
}

test('what was committed and never dispatched is carried by the next generation', async () => {
  const node = await installation.startNode();
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook') });
  await acceptAndDie(30);
  expect(await node.reconcile()).toEqual({ postponed: 0, takenOver: 0, lanesWoken: 0 });
  await makeOverdue(installation.knex, subscriptionId);
  expect(await node.reconcile()).toEqual({ postponed: 0, takenOver: 30, lanesWoken: 0 });
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 30 } });
  expect(receiver.hits('/hook')).toHaveLength(30);
});

test('what a split API committed before it died is due at once', async () => {
  const node = await installation.startNode({ role: 'worker' });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook') });
  await acceptAndDie(3, { attempting: false });
  await makeOverdue(installation.knex, subscriptionId);
  await node.reconcile();
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 3 } });
  const [first] = await installation.knex('deliveries').orderBy('id');
  expect(await attemptsOf(installation.knex, first.id)).toMatchObject([{ number: 1, status_code: 200 }]);
});

test('a workflow that an operator terminates has only ended this carrier', async () => {
  const node = await installation.startNode();
  receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), retry: [3600] });
  await node.publish();
  const before = await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
  const { id } = before;
  await waitForTimer(node.client, deliveryWorkflow(id));
  await node.client.workflow.getHandle(deliveryWorkflow(id)).terminate('by an operator');
  await makeOverdue(installation.knex, subscriptionId);
  expect(await node.reconcile()).toMatchObject({ takenOver: 1 });

  // The next carrier keeps to the schedule, and hears operators as the first one did.
  await waitForWorkflow(node.client, { workflowId: deliveryWorkflow(id, { generation: 2 }), status: 'RUNNING' });
  const [taken] = await deliveriesOf(installation.knex, subscriptionId);
  expect(taken).toMatchObject({ generation: 2, attempt: 1, next_attempt_at: before.next_attempt_at });
  expect(receiver.hits('/hook')).toHaveLength(1);
  await node.client.workflow.getHandle(deliveryWorkflow(id, { generation: 2 })).signal('retryNow');
  await waitForDelivery(installation.knex, { subscriptionId, state: 'delivered', attempt: 2, generation: 2 });
  expect(await attemptsOf(installation.knex, id)).toHaveLength(2);
});

test('an open workflow is left alone, and asked about again in a minute', async () => {
  const node = await installation.startNode();
  receiver.on('/hook', { status: 500 });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), retry: [3600] });
  await node.publish();
  const { id } = await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
  await waitForTimer(node.client, deliveryWorkflow(id));
  await makeOverdue(installation.knex, subscriptionId);
  expect(await node.reconcile()).toEqual({ postponed: 1, takenOver: 0, lanesWoken: 0 });
  expect(await node.reconcile()).toEqual({ postponed: 0, takenOver: 0, lanesWoken: 0 });
});

test('a Temporal that has lost its database is filled again', async () => {
  const before = await installation.startNode();
  receiver.on('/hook', (hit) => ({ status: hit <= 20 ? 400 : 200 }));
  const subscriptionId = await before.subscribe({ callbackUrl: receiver.url('/hook'), retry: [3600] });
  await Promise.all(Array.from({ length: 20 }, () => before.publish()));
  await waitFor(
    async () => ((await installation.knex('deliveries').where({ failures: 1 })).length === 20 ? true : undefined),
    {
      what: '20 first failures',
    },
  );
  await before.stop();
  installation.loseTemporal();
  const after = await installation.startNode();
  await installation.knex('deliveries').update({ next_attempt_at: installation.knex.fn.now() });
  await makeOverdue(installation.knex, subscriptionId);
  expect(await after.reconcile()).toMatchObject({ takenOver: 20 });
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 20 } });
  expect(receiver.hits('/hook')).toHaveLength(40);
});

test('rounds at once take each over once, many share workflows, and nothing is attempted twice', async () => {
  const node = await installation.startNode();
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook') });
  await acceptAndDie(100);
  await makeOverdue(installation.knex, subscriptionId);
  const rounds = await Promise.all([node.reconcile(), node.reconcile(), node.reconcile()]);
  expect(rounds.reduce((sum, { takenOver }) => sum + takenOver, 0)).toBe(100);
  await waitForStates(installation.knex, { subscriptionId, states: { delivered: 100 }, timeoutMs: 30_000 });
  expect(receiver.hits('/hook')).toHaveLength(100);
  expect((await deliveriesOf(installation.knex, subscriptionId)).map(({ generation }) => generation)).toEqual(
    new Array(100).fill(2),
  );
  // Each round shares what it took in consignments of hundreds: three at the most, and none for a single delivery.
  const ids = (await listWorkflows(node.client)).map(({ workflowId }) => workflowId);
  expect(ids.filter((id) => id.startsWith('delivery/')).length).toBeLessThanOrEqual(30);
});

test('a round takes all there is, page after page', async () => {
  const node = await installation.startNode({ withWorker: false });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook') });
  for (const count of [200, 200, 110]) await acceptAndDie(count);
  await makeOverdue(installation.knex, subscriptionId);
  expect(await node.reconcile()).toMatchObject({ takenOver: 510 });
});

test('with Temporal away a publish is accepted, attempted, and carried once Temporal is back', async () => {
  const cut = await installation.startNode({ temporalAddress: '127.0.0.1:1', withWorker: false });
  receiver.on('/hook', (hit) => ({ status: hit <= 1 ? 500 : 200 }));
  const subscriptionId = await cut.subscribe({ callbackUrl: receiver.url('/hook'), retry: [1] });
  await cut.publish();
  await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
  await cut.stop();
  const node = await installation.startNode();
  await makeOverdue(installation.knex, subscriptionId);
  await node.reconcile();
  await waitForDelivery(installation.knex, { subscriptionId, state: 'delivered', attempt: 2 });
});

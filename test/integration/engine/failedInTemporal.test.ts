import { DELIVERY_STATE, TENANT_ID } from '../../../src/contracts/searchAttributes';
import { TENANT, waitFor } from '../../support/engine';
import { deliveriesOf, waitForLane, waitForStates } from './rows';
import { useEngine } from './useEngine';
import { waitForWorkflow, workflowOf } from './workflows';

jest.setTimeout(240_000);

const engine = useEngine({ anewForEach: true });

/** The filter of docs/operations.md. */
const FAILED = 'WorkflowType="delivery" AND ExecutionStatus="Failed"';
/** Nobody listens there: a Temporal that is away. */
const NOWHERE = '127.0.0.1:1';

const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

async function waitForFailed(count: number): Promise<void> {
  const { client } = engine.node;
  let seen = 0;
  await waitFor(
    async () => {
      seen = (await client.workflow.count(FAILED)).count;
      return seen === count || undefined;
    },
    { what: () => `${count} workflows in the failed view; it shows ${seen}`, timeoutMs: 90_000 },
  );
}

test('what a consignment fails at its first attempt is in the failed view, each under its workflow id', async () => {
  const { installation, node, receiver } = engine;
  receiver.on('/hook', { status: 410 });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), retry: [], maxInFlight: 100 });
  await times(90, () => node.publish());
  await waitForStates(installation.knex, { subscriptionId, states: { failed: 90 }, timeoutMs: 60_000 });
  await waitForFailed(90);
  const [first] = await deliveriesOf(installation.knex, subscriptionId);
  const { workflowId } = await node.services.deliveries.read({ id: first?.id ?? '', scope: { kind: 'all' } });
  const handle = node.client.workflow.getHandle(workflowId);
  await expect(handle.result()).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/^Failed \(gone\) after attempt 1/), type: 'DeliveryFailed' },
  });
  const { memo, typedSearchAttributes, staticSummary } = await handle.describe();
  expect(memo).toEqual({
    ...{ tenant: TENANT, app: 'shop', topic: 'gs' },
    ...{ subscription: subscriptionId, delivery: first?.id },
  });
  expect(typedSearchAttributes.get(DELIVERY_STATE)).toBe('failed');
  expect(typedSearchAttributes.get(TENANT_ID)).toBe(TENANT);
  expect(await staticSummary()).toMatch(/^gs to 127\.0\.0\.1:\d+ for acme$/);
  expect(await installation.knex('failures_to_show')).toEqual([]);
});

test('and so is what fails for good behind a lane', async () => {
  const { installation, node, receiver } = engine;
  receiver.on('/hook', { status: 410 });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), retry: [] });
  await node.pause(subscriptionId);
  await times(20, () => node.publish());
  await node.resume(subscriptionId);
  await waitForStates(installation.knex, { subscriptionId, states: { failed: 20 }, timeoutMs: 60_000 });
  await waitForFailed(20);
  for (const { id } of await deliveriesOf(installation.knex, subscriptionId)) {
    await waitForWorkflow(node.client, { workflowId: await workflowOf(installation.knex, id), status: 'FAILED' });
  }
});

test('and what failed in a process that could start no workflow for it, by the next round of reconcile', async () => {
  const { installation, node, receiver } = engine;
  receiver.on('/hook', { status: 410 });
  const cutOff = await installation.startNode({ temporalAddress: NOWHERE, withWorker: false });
  const subscriptionId = await cutOff.subscribe({ callbackUrl: receiver.url('/hook'), retry: [] });
  await times(5, () => cutOff.publish());
  await waitForStates(installation.knex, { subscriptionId, states: { failed: 5 }, timeoutMs: 60_000 });
  await waitForLane(installation.knex, { subscriptionId, topic: '' }, { state: 'idle' });
  await installation.knex('failures_to_show').update({ due_by: new Date(0) });
  await installation.knex('failures_to_show').insert({
    ...{ delivery_id: '01a20324-9acb-7628-aa08-63850e4abb7e', day: '2026-01-01', due_by: new Date(0) },
  });
  await node.reconcile();
  await waitForFailed(5);
  expect(await installation.knex('failures_to_show')).toEqual([]);
});

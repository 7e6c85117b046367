import { createReadiness } from '../../../src/start/readiness';
import { deliveriesOf, makeOverdue, waitForDelivery, waitForStates } from './rows';
import { useEngine } from './useEngine';
import { deliveryWorkflow, waitForTimer } from './workflows';

jest.setTimeout(90_000);

const engine = useEngine({ anewForEach: true });
const lastSuccess = async () => {
  const row = await engine.installation.knex('maintenance').where({ name: 'reconcile' }).first();
  return row.succeeded_at.getTime();
};
/** So that a later success is told from it. */
const makeSuccessOld = () =>
  engine.installation
    .knex('maintenance')
    .update({ succeeded_at: engine.installation.knex.raw("now() - interval '1 h'") });

test('a part that cannot be done keeps no other from its turn, and the round has not succeeded', async () => {
  const { installation, node, receiver } = engine;
  const swept = await node.subscribe({ callbackUrl: receiver.url('/swept'), topics: ['hs'], ordered: true });
  const overdue = await node.subscribe({ callbackUrl: receiver.url('/overdue'), retry: [3600] });
  receiver.on('/swept', { status: 500 });
  receiver.on('/overdue', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  await node.publish({ topic: 'hs' });
  await node.publish();
  const { id } = await waitForDelivery(installation.knex, { subscriptionId: overdue, failures: 1 });
  await waitForTimer(node.client, deliveryWorkflow(id));
  await node.client.workflow.getHandle(deliveryWorkflow(id)).terminate('by an operator');
  await makeOverdue(installation.knex, overdue);
  await makeSuccessOld();
  const before = await lastSuccess();

  const locked = await installation.knex.transaction();
  await locked('deliveries').where({ subscription_id: swept }).forUpdate();
  await installation.knex.transaction(async (trx) => {
    await trx('subscriptions').where({ id: swept }).update({ state: 'deleted' });
    await trx('subscription_cancellations').insert({ subscription_id: swept, tenant_id: 'acme' });
  });
  await expect(node.reconcile()).rejects.toThrow('could not sweep cancellations');
  expect(await deliveriesOf(installation.knex, overdue)).toMatchObject([{ generation: 2 }]);
  expect(await lastSuccess()).toBe(before);

  await locked.rollback();
  await node.reconcile();
  await waitForStates(installation.knex, { subscriptionId: swept, states: { cancelled: 1 } });
  expect(await lastSuccess()).toBeGreaterThan(before);
});

test('a round that Temporal has given up ends, and has not succeeded', async () => {
  const given = new AbortController();
  await makeSuccessOld();
  const before = await lastSuccess();
  const onProgress = () => given.abort(new Error('given up'));
  await expect(engine.node.reconcile({ signal: given.signal, onProgress })).rejects.toThrow('given up');
  expect(await lastSuccess()).toBe(before);
});

test('a round that finds nothing has succeeded too', async () => {
  const { node } = engine;
  await makeSuccessOld();
  const before = await lastSuccess();
  await node.client.workflow.execute('reconcile', { workflowId: 'reconcile', taskQueue: 'postrider' });
  expect(await lastSuccess()).toBeGreaterThan(before);
});

test('a workflow that sleeps past the time in its row is told to look', async () => {
  const { installation, node, receiver } = engine;
  receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), retry: [3600] });
  await node.publish();
  const { id } = await waitForDelivery(installation.knex, { subscriptionId, failures: 1 });
  await waitForTimer(node.client, deliveryWorkflow(id));
  await installation.knex('deliveries').update({ next_attempt_at: installation.knex.fn.now() });
  await makeOverdue(installation.knex, subscriptionId);
  expect(await node.reconcile()).toMatchObject({ postponed: 1 });
  await waitForDelivery(installation.knex, { subscriptionId, state: 'delivered', attempt: 2, generation: 1 });
});

test('a reconcile or a retention that does not succeed, and a clock that went back, are seen on /readyz', async () => {
  const { installation } = engine;
  const temporal = { check: async () => undefined, missingAttributes: { count: 0, todo: null } };
  const readinessAfter = async (uptimeS: number) => {
    const readiness = createReadiness({
      role: 'worker',
      db: installation.db,
      temporal,
      clockOffsetMs: () => 0,
      isWorkerRunning: null,
      uptimeS: () => uptimeS,
    });
    return (await readiness()).parts;
  };
  await makeSuccessOld();
  expect(await readinessAfter(10)).toMatchObject({ reconcile: { ok: true }, retention: { ok: true } });
  expect(await readinessAfter(3600)).toMatchObject({
    reconcile: {
      ok: false,
      detail: 'no round has succeeded for 3600 s: the log says why in reconcile.round_failed',
    },
    retention: { ok: true },
  });
  await installation.knex('clock_setbacks').insert({ back_ms: 3_600_000 });
  expect(await readinessAfter(10)).toMatchObject({
    postgres: { ok: true, detail: expect.stringContaining('its clock went back by about 3600 s') },
  });
});

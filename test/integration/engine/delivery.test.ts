import { ATTEMPT, DELIVERY_STATE, SUBSCRIPTION_ID } from '../../../src/contracts/searchAttributes';
import { type EngineRole, startInstallation, waitFor } from '../../support/engine';
import { attemptsOf, waitForDelivery } from './rows';
import { useEngine } from './useEngine';
import { deliveryWorkflow, waitForWorkflow } from './workflows';

jest.setTimeout(60_000);

const engine = useEngine();

/** A topic and a path of its own for each test, so that they do not meet. */
async function subscribe(path: string, settings: Partial<Parameters<typeof engine.node.subscribe>[0]> = {}) {
  const topic = path.slice(1);
  await engine.installation.knex('topics').insert({ topic, name: topic });
  const subscriptionId = await engine.node.subscribe({
    callbackUrl: engine.receiver.url(path),
    topics: [topic],
    ...settings,
  });
  return { subscriptionId, publish: () => engine.node.publish({ topic }) };
}

test('the first attempt delivers, and the workflow that was started beside it completes', async () => {
  const { subscriptionId, publish } = await subscribe('/first');
  const { eventId } = await publish();
  const { id } = await waitForDelivery(engine.installation.knex, {
    subscriptionId,
    state: 'delivered',
    attempt: 1,
    generation: 1,
  });
  expect(await attemptsOf(engine.installation.knex, id)).toMatchObject([{ number: 1, status_code: 200, error: null }]);
  const ended = await waitForWorkflow(engine.node.client, {
    workflowId: deliveryWorkflow(id, { topic: 'first' }),
    status: 'COMPLETED',
  });
  expect(ended.historyLength).toBeLessThanOrEqual(6);
  const [hit] = engine.receiver.hits('/first');
  expect(hit?.headers['webhook-id']).toBe(id);
  expect(JSON.parse(hit?.body ?? '')).toMatchObject({ type: 'test.first.cert', data: { id: eventId } });
});

test('a failed attempt is repeated on schedule, and tells operators where it stands', async () => {
  const { subscriptionId, publish } = await subscribe('/retried', { retry: [1, 1] });
  engine.receiver.on('/retried', (hit) => ({ status: hit < 3 ? 503 : 200, body: 'busy' }));
  await publish();
  const { id } = await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'delivered', attempt: 3 });
  const attempts = await attemptsOf(engine.installation.knex, id);
  expect(attempts.map(({ status_code }) => status_code)).toEqual([503, 503, 200]);
  for (const [earlier, later] of [attempts.slice(0, 2), attempts.slice(1, 3)]) {
    const waitedMs = Number(later?.started_at) - Number(earlier?.started_at) - Number(earlier?.duration_ms);
    expect(waitedMs).toBeGreaterThanOrEqual(850);
  }
  await waitForWorkflow(engine.node.client, {
    workflowId: deliveryWorkflow(id, { topic: 'retried' }),
    status: 'COMPLETED',
  });
});

test('Retry-After lengthens a wait and never shortens it', async () => {
  const { subscriptionId, publish } = await subscribe('/later', { retry: [1, 2] });
  engine.receiver.on(
    '/later',
    (hit) =>
      [{ status: 429, headers: { 'retry-after': '3' } }, { status: 503, headers: { 'retry-after': '1' } }, {}][
        hit - 1
      ] ?? {},
  );
  await publish();
  const { id } = await waitForDelivery(engine.installation.knex, {
    subscriptionId,
    state: 'delivered',
    timeoutMs: 15_000,
  });
  const [first, second, third] = await attemptsOf(engine.installation.knex, id);
  expect(Number(second?.started_at) - Number(first?.started_at)).toBeGreaterThanOrEqual(2950);
  expect(Number(third?.started_at) - Number(second?.started_at)).toBeGreaterThanOrEqual(1750);
});

test('410 ends a delivery as failed at once, and its workflow as Failed', async () => {
  const { subscriptionId, publish } = await subscribe('/gone', { retry: 'gateway' });
  engine.receiver.on('/gone', { status: 410 });
  await publish();
  const { id } = await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'failed', reason: 'gone' });
  expect(await attemptsOf(engine.installation.knex, id)).toHaveLength(1);
  await waitForWorkflow(engine.node.client, { workflowId: deliveryWorkflow(id, { topic: 'gone' }), status: 'FAILED' });
});

test('a policy that is used up leaves a failed delivery with every attempt, and a workflow that says why', async () => {
  const { subscriptionId, publish } = await subscribe('/exhausted', { retry: [1] });
  engine.receiver.on('/exhausted', { status: 500, body: 'broken' });
  await publish();
  const { id } = await waitForDelivery(engine.installation.knex, {
    subscriptionId,
    state: 'failed',
    reason: 'retries_exhausted',
  });
  expect(await attemptsOf(engine.installation.knex, id)).toMatchObject([
    { number: 1, status_code: 500 },
    { number: 2, status_code: 500 },
  ]);
  await waitForWorkflow(engine.node.client, {
    workflowId: deliveryWorkflow(id, { topic: 'exhausted' }),
    status: 'FAILED',
  });
  await expect(
    engine.node.client.workflow.getHandle(deliveryWorkflow(id, { topic: 'exhausted' })).result(),
  ).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/retries_exhausted.*attempt 2 of 2.*500/s), type: 'DeliveryFailed' },
  });
  const { typedSearchAttributes } = await engine.node.client.workflow
    .getHandle(deliveryWorkflow(id, { topic: 'exhausted' }))
    .describe();
  expect(typedSearchAttributes.get(DELIVERY_STATE)).toBe('failed');
  expect(typedSearchAttributes.get(ATTEMPT)).toBe(2);
  expect(typedSearchAttributes.get(SUBSCRIPTION_ID)).toBe(subscriptionId);
});

describe('steering', () => {
  /** A delivery whose next attempt is an hour away. */
  async function waiting(path: string) {
    const { subscriptionId, publish } = await subscribe(path, { retry: [3600] });
    engine.receiver.on(path, (hit) => ({ status: hit === 1 ? 500 : 200 }));
    await publish();
    const { id } = await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'pending', failures: 1 });
    await waitForWorkflow(engine.node.client, {
      workflowId: deliveryWorkflow(id, { topic: path.slice(1) }),
      status: 'RUNNING',
    });
    return { subscriptionId, id };
  }

  test('retryNow from the Temporal UI attempts at once', async () => {
    const { id, subscriptionId } = await waiting('/retry-now');
    await engine.node.client.workflow.getHandle(deliveryWorkflow(id, { topic: 'retry-now' })).signal('retryNow');
    await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'delivered', attempt: 2, generation: 1 });
    await waitForWorkflow(engine.node.client, {
      workflowId: deliveryWorkflow(id, { topic: 'retry-now' }),
      status: 'COMPLETED',
    });
  });

  test('retry over the API attempts at once', async () => {
    const { id, subscriptionId } = await waiting('/retry-api');
    await engine.node.retry(id);
    await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'delivered', attempt: 2, generation: 1 });
    await waitForWorkflow(engine.node.client, {
      workflowId: deliveryWorkflow(id, { topic: 'retry-api' }),
      status: 'COMPLETED',
    });
    await expect(engine.node.retry(id)).rejects.toMatchObject({ status: 409 });
    await expect(engine.node.cancel(id)).rejects.toMatchObject({ status: 409 });
  });

  test('cancel over the API is final', async () => {
    const { id, subscriptionId } = await waiting('/cancel-api');
    expect(await engine.node.cancel(id)).toMatchObject({ state: 'cancelled' });
    await waitForWorkflow(engine.node.client, {
      workflowId: deliveryWorkflow(id, { topic: 'cancel-api' }),
      status: 'COMPLETED',
    });
    await expect(engine.node.retry(id)).rejects.toMatchObject({ status: 409 });
    await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'cancelled', attempt: 1 });
    expect(engine.receiver.hits('/cancel-api')).toHaveLength(1);
  });

  test('the signal cancel means the same', async () => {
    const { id, subscriptionId } = await waiting('/cancel-signal');
    await engine.node.client.workflow.getHandle(deliveryWorkflow(id, { topic: 'cancel-signal' })).signal('cancel');
    await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'cancelled' });
    await waitForWorkflow(engine.node.client, {
      workflowId: deliveryWorkflow(id, { topic: 'cancel-signal' }),
      status: 'COMPLETED',
    });
  });

  test('and so does a request for cancellation', async () => {
    const { id, subscriptionId } = await waiting('/cancel-request');
    await engine.node.client.workflow.getHandle(deliveryWorkflow(id, { topic: 'cancel-request' })).cancel();
    await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'cancelled' });
    await waitForWorkflow(engine.node.client, {
      workflowId: deliveryWorkflow(id, { topic: 'cancel-request' }),
      status: 'COMPLETED',
    });
  });

  test('also while an attempt is under way, whose answer then changes nothing', async () => {
    const { subscriptionId, publish } = await subscribe('/cancel-under-way', { timeoutMs: 20_000 });
    engine.receiver.on('/cancel-under-way', { delayMs: 1500 });
    await publish();
    await engine.receiver.waitForHits('/cancel-under-way', 1);
    const { id } = await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'pending' });
    await engine.node.cancel(id);
    await waitForWorkflow(engine.node.client, {
      workflowId: deliveryWorkflow(id, { topic: 'cancel-under-way' }),
      status: 'COMPLETED',
    });
    await waitFor(async () => (await attemptsOf(engine.installation.knex, id))[0], { what: 'the attempt on record' });
    await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'cancelled' });
  });

  test('a failed delivery is revived: same id, next generation, attempt numbers go on, the policy starts over', async () => {
    const { subscriptionId, publish } = await subscribe('/revived', { retry: [1] });
    engine.receiver.on('/revived', (hit) => ({ status: hit < 4 ? 500 : 200 }));
    await publish();
    const { id } = await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'failed', attempt: 2 });
    expect(await engine.node.retry(id)).toMatchObject({
      id,
      state: 'pending',
      workflowId: deliveryWorkflow(id, { topic: 'revived', generation: 2 }),
    });
    await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'delivered', attempt: 4, generation: 2 });
    expect((await attemptsOf(engine.installation.knex, id)).map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    expect(new Set(engine.receiver.hits('/revived').map(({ headers }) => headers['webhook-id']))).toEqual(
      new Set([id]),
    );
    await waitForWorkflow(engine.node.client, {
      workflowId: deliveryWorkflow(id, { topic: 'revived', generation: 2 }),
      status: 'COMPLETED',
    });
  });
});

test('a receiver that answers after 8 s is called once, with all roles in one process and with split ones', async () => {
  await Promise.all(
    [['all'], ['api', 'worker', 'worker']].map(async (roles) => {
      const own = await startInstallation();
      try {
        const nodes = [];
        for (const role of roles) nodes.push(await own.startNode({ role: role as EngineRole }));
        const [api] = nodes;
        if (!api) throw new Error('no node');
        const path = `/slow-${roles.length}`;
        engine.receiver.on(path, { delayMs: 8000 });
        const subscriptionId = await api.subscribe({ callbackUrl: engine.receiver.url(path) });
        await api.publish();
        const { id } = await waitForDelivery(own.knex, { subscriptionId, state: 'delivered', timeoutMs: 20_000 });
        await waitForWorkflow(api.client, { workflowId: deliveryWorkflow(id), status: 'COMPLETED' });
        expect(engine.receiver.hits(path)).toHaveLength(1);
        expect(await attemptsOf(own.knex, id)).toHaveLength(1);
      } finally {
        await own.stop();
      }
    }),
  );
});

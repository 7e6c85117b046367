import { LANE_STATE } from '../../../src/contracts/searchAttributes';
import { planProbe } from '../../../src/db/carrying/sick';
import { retryDelivery } from '../../../src/db/carrying/steer';
import { type SubscribeInput, waitFor } from '../../support/engine';
import { attemptsOf, type DeliveryRow, deliveriesOf, waitForLane, waitForStates } from './rows';
import { useEngine } from './useEngine';
import { countByType, laneWorkflow, waitForTimer, waitForWorkflow } from './workflows';

jest.setTimeout(60_000);

const engine = useEngine({ anewForEach: true });

const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));
const hitIds = () => engine.receiver.hits('/hook').map(({ headers }) => headers['webhook-id']);
const behindLane = async (subscriptionId: string) =>
  (await deliveriesOf(engine.installation.knex, subscriptionId)).filter(({ due_by }) => due_by === null);

/** Nothing happens by itself between attempts: the own schedules are an hour long. */
const subscribe = (settings: Partial<SubscribeInput> = {}) =>
  engine.node.subscribe({ callbackUrl: engine.receiver.url('/hook'), retry: [3600], ...settings });

/** Publishes one after the other, each after the attempt before it was recorded. */
async function failInTurn(subscriptionId: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await engine.node.publish();
    const { id } = (await deliveriesOf(engine.installation.knex, subscriptionId)).at(-1) as DeliveryRow;
    await waitFor(async () => (await attemptsOf(engine.installation.knex, id))[0], { what: 'a recorded attempt' });
  }
}

const waitForState = (subscriptionId: string, wanted: { state: string; reason?: string | null; awake?: boolean }) =>
  waitForLane(engine.installation.knex, { subscriptionId, topic: '' }, wanted);

/**
 * Its receiver fails five attempts in a row, whose deliveries now have an hour to wait: the first four in workflows of
 * their own, the fifth perhaps behind the lane already.
 */
async function makeSick(settings: Partial<SubscribeInput> = {}): Promise<string> {
  engine.receiver.on('/hook', { status: 503 });
  const subscriptionId = await subscribe(settings);
  await failInTurn(subscriptionId, 5);
  await waitForState(subscriptionId, { state: 'sick', reason: 'receiver_unavailable', awake: true });
  return subscriptionId;
}

const activate = async (subscriptionId: string) =>
  engine.node.activate([await engine.node.laneId({ subscriptionId, topic: '' })]);

/** What was accepted since then. */
const acceptedSick = async (subscriptionId: string) =>
  (await deliveriesOf(engine.installation.knex, subscriptionId)).slice(5);

/** Until the probe that was asked for has failed. */
async function probeInVain(subscriptionId: string, probes: number): Promise<void> {
  await activate(subscriptionId);
  await waitFor(
    async () =>
      (await engine.installation.knex('lanes').where({ subscription_id: subscriptionId, probes }).first()) ?? undefined,
    { what: `${probes} failed probes` },
  );
}

test('five absences in a row: what is accepted from then on waits in rows, and one workflow says why', async () => {
  const subscriptionId = await makeSick();
  await times(10, () => engine.node.publish());
  const waiting = await acceptedSick(subscriptionId);
  expect(waiting).toHaveLength(10);
  expect(waiting.every(({ attempt, due_by }) => attempt === 0 && due_by === null)).toBe(true);
  expect(engine.receiver.hits('/hook')).toHaveLength(5);
  const lane = await engine.installation.knex('lanes').where({ subscription_id: subscriptionId }).first();
  expect(lane.next_attempt_at - lane.since).toBe(10_000);

  const workflowId = laneWorkflow(subscriptionId);
  await waitForWorkflow(engine.node.client, { workflowId, status: 'RUNNING' });
  await waitFor(
    async () => {
      const { typedSearchAttributes } = await engine.node.client.workflow.getHandle(workflowId).describe();
      return typedSearchAttributes.get(LANE_STATE) === 'sick' || undefined;
    },
    { what: 'a workflow that is found as sick' },
  );
});

test('messages that are refused for their content make nobody sick, and neither does one absence fewer', async () => {
  engine.receiver.on('/hook', (hit) => ({ status: hit % 5 === 0 ? 422 : hit > 15 ? 400 : 503 }));
  const subscriptionId = await subscribe();
  await failInTurn(subscriptionId, 25);
  await waitForState(subscriptionId, { state: 'idle' });
  expect(engine.receiver.hits('/hook')).toHaveLength(25);
});

test('a probe is made with what is due by its own schedule, else with the oldest that nobody attempted', async () => {
  const subscriptionId = await makeSick({ retry: [3600, 3600, 3600] });
  for (let i = 0; i < 3; i++) await engine.node.publish();
  const [first, second] = await acceptedSick(subscriptionId);
  await probeInVain(subscriptionId, 1);
  expect(hitIds().slice(5)).toEqual([first?.id]);
  await engine.installation
    .knex('deliveries')
    .where({ id: first?.id })
    .update({ next_attempt_at: engine.installation.knex.raw("now() - interval '1 s'") });
  await probeInVain(subscriptionId, 2);
  expect(hitIds().slice(5)).toEqual([first?.id, first?.id]);
  await probeInVain(subscriptionId, 3);
  expect(hitIds().slice(5)).toEqual([first?.id, first?.id, second?.id]);
  expect(await acceptedSick(subscriptionId)).toMatchObject([{ failures: 2 }, { failures: 1 }, { failures: 0 }]);
  await waitForState(subscriptionId, { state: 'sick' });
});

test('a retry by hand is the next probe, whatever else is due', async () => {
  const subscriptionId = await makeSick({ retry: [3600, 3600, 3600] });
  await times(4, () => engine.node.publish());
  const [first, second, , last] = await acceptedSick(subscriptionId);
  const due = engine.installation.knex.raw("now() - interval '1 h'");
  await engine.installation
    .knex('deliveries')
    .whereIn('id', [first?.id ?? '', second?.id ?? ''])
    .update({ next_attempt_at: due });
  const before = engine.receiver.hits('/hook').length;
  await engine.node.retry(last?.id ?? '');
  await waitFor(async () => engine.receiver.hits('/hook')[before], { what: 'a probe' });
  expect(hitIds()[before]).toBe(last?.id);
});

test('a retry while a probe is under way is not put off by its end', async () => {
  const subscriptionId = await makeSick({ retry: [3600, 3600, 3600] });
  await times(2, () => engine.node.publish());
  const [, last] = await acceptedSick(subscriptionId);
  const { knex } = engine.installation;
  const wait = knex.raw("now() + interval '1 h'");
  await knex('lanes').where({ subscription_id: subscriptionId }).update({ next_attempt_at: wait });
  await retryDelivery(knex, last?.id ?? '');
  await planProbe(engine.installation.db, { subscriptionId, waitMs: 3_600_000, failedProbes: 1 });
  const lane = await knex('lanes')
    .where({ subscription_id: subscriptionId })
    .first(knex.raw('next_attempt_at <= now() AS is_due'));
  expect(lane).toEqual({ is_due: true });
});

test('the receiver comes back: the probe ends the sickness, everything goes out once, and the lane ends', async () => {
  const subscriptionId = await makeSick();
  await times(200, () => engine.node.publish());
  engine.receiver.on('/hook', {});
  await activate(subscriptionId);
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 200, pending: 5 } });
  const ids = hitIds().slice(5);
  expect(ids).toHaveLength(200);
  expect(new Set(ids).size).toBe(200);
  await waitForState(subscriptionId, { state: 'idle', awake: false });
  await waitForWorkflow(engine.node.client, { workflowId: laneWorkflow(subscriptionId), status: 'COMPLETED' });
  expect(engine.node.lines.filter(({ event }) => event === 'lane.recovered')).toHaveLength(1);
});

test('nobody asks: it is probed by itself', async () => {
  const subscriptionId = await makeSick();
  await engine.node.publish();
  engine.receiver.on('/hook', {});
  await waitForStates(engine.installation.knex, {
    subscriptionId,
    states: { delivered: 1, pending: 5 },
    timeoutMs: 20_000,
  });
  await waitForState(subscriptionId, { state: 'idle' });
});

test('an acknowledgement of what another workflow carries ends the sickness too', async () => {
  const subscriptionId = await makeSick();
  await times(20, () => engine.node.publish());
  await engine.installation
    .knex('lanes')
    .update({ next_attempt_at: engine.installation.knex.raw("now() + interval '1 hour'") });
  engine.receiver.on('/hook', {});
  const [carried] = await deliveriesOf(engine.installation.knex, subscriptionId);
  await engine.node.retry(carried?.id ?? '');
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 21, pending: 4 } });
  await waitForState(subscriptionId, { state: 'idle' });
});

test('what has waited as long as its policy lasts gets one attempt and fails, though the receiver never comes back', async () => {
  const { knex } = engine.installation;
  const subscriptionId = await makeSick();
  await times(30, () => engine.node.publish());
  const age = (time: string, minutes: number) => knex.raw(`?? - ${minutes} * interval '1 minute'`, [time]);
  const makeOlder = async (minutes: number) => {
    await knex('deliveries').update({ created_at: age('created_at', minutes) });
    await knex('lanes').update({ since: age('since', minutes) });
  };
  await makeOlder(59);
  await probeInVain(subscriptionId, 1);
  expect(engine.receiver.hits('/hook')).toHaveLength(6);

  await makeOlder(1);
  const { length: count } = await behindLane(subscriptionId);
  expect(count).toBeGreaterThanOrEqual(30);
  await activate(subscriptionId);
  const isExpired = ({ state, reason }: DeliveryRow) => state === 'failed' && reason === 'receiver_unavailable';
  await waitFor(
    async () => (await deliveriesOf(knex, subscriptionId)).filter(isExpired).length === count || undefined,
    {
      what: `${count} that failed as receiver_unavailable`,
    },
  );
  expect(engine.receiver.hits('/hook')).toHaveLength(6 + count);
  await waitForState(subscriptionId, { state: 'sick' });
  // Nothing of it is pending any more: there is nothing to be sick for.
  const pending = (await deliveriesOf(knex, subscriptionId)).filter(({ state }) => state === 'pending');
  for (const { id } of pending) await engine.node.cancel(id);
  await activate(subscriptionId);
  await waitForState(subscriptionId, { state: 'idle', awake: false });
  await waitForWorkflow(engine.node.client, { workflowId: laneWorkflow(subscriptionId), status: 'COMPLETED' });
});

test('2,000 pending for a dead receiver are one open workflow and 2,000 rows that nobody touches', async () => {
  const subscriptionId = await makeSick();
  await times(2000, () => engine.node.publish());
  const waiting = await acceptedSick(subscriptionId);
  expect(waiting.filter(({ due_by, attempt }) => due_by === null && attempt === 0)).toHaveLength(2000);
  await waitFor(async () => (await countByType(engine.node.client)).lane === 1 || undefined, {
    what: 'a workflow of the lane',
  });
  expect(await countByType(engine.node.client)).toEqual({ lane: 1, delivery: 5 });
});

test('a receiver that answers 500 to everything leaves few workflows', async () => {
  engine.receiver.on('/hook', { status: 500 });
  const subscriptionId = await subscribe({ maxInFlight: 100 });
  await times(1000, () => engine.node.publish());
  await waitForState(subscriptionId, { state: 'sick' });
  await waitFor(async () => (await behindLane(subscriptionId)).length > 800 || undefined, {
    what: 'most of them behind the lane',
  });
  await engine.node.engine.idle();
  const { delivery = 0, lane } = await countByType(engine.node.client);
  expect(lane).toBe(1);
  expect(delivery).toBeLessThan(200);
});

test('a sick lane whose workflow is terminated is found by reconcile', async () => {
  const subscriptionId = await makeSick();
  const workflowId = laneWorkflow(subscriptionId);
  await engine.node.publish();
  // Its activity would still write the row.
  await waitForTimer(engine.node.client, workflowId);
  await engine.node.client.workflow.getHandle(workflowId).terminate('by an operator');
  expect(await engine.node.reconcile()).toMatchObject({ lanesWoken: 0 });
  await engine.installation.knex('lanes').update({ due_by: engine.installation.knex.raw("now() - interval '1 s'") });
  expect(await engine.node.reconcile()).toMatchObject({ lanesWoken: 1 });
  await waitForWorkflow(engine.node.client, { workflowId, status: 'RUNNING' });
  engine.receiver.on('/hook', {});
  await activate(subscriptionId);
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 1, pending: 5 } });
});

test('paused while sick: nothing goes out, no probe either; resumed, it goes out', async () => {
  const subscriptionId = await makeSick();
  await times(20, () => engine.node.publish());
  await engine.node.pause(subscriptionId);
  engine.receiver.on('/hook', {});
  await activate(subscriptionId);
  await waitForState(subscriptionId, { state: 'paused' });
  const [one] = await deliveriesOf(engine.installation.knex, subscriptionId);
  await expect(engine.node.retry(one?.id ?? '')).rejects.toMatchObject({ status: 409 });
  expect(engine.receiver.hits('/hook')).toHaveLength(5);
  await engine.node.resume(subscriptionId);
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 20, pending: 5 } });
});

test('a thousand deliveries with workflows of their own: what fails from then on waits in rows', async () => {
  const { knex } = engine.installation;
  engine.receiver.on('/hook', { status: 400 });
  const subscriptionId = await subscribe();
  await failInTurn(subscriptionId, 1);
  await knex.raw(
    `INSERT INTO deliveries (id, day, event_id, event_tenant_id, subscription_id, tenant_id, app_id, topic, state,
                             attempt, failures, next_attempt_at, due_by, created_at)
     SELECT uuid_v7_at((extract(epoch FROM created_at) * 1000)::bigint), day, gen_random_uuid(), event_tenant_id,
            subscription_id, tenant_id, app_id, topic, state, attempt, failures, next_attempt_at, due_by, created_at
     FROM deliveries, generate_series(1, 950)`,
  );
  await times(120, () => engine.node.publish());
  await waitForState(subscriptionId, { state: 'running', reason: 'backlog' });
  await times(20, () => engine.node.publish());
  await waitFor(
    async () => {
      const last = (await deliveriesOf(knex, subscriptionId)).slice(-20);
      return last.every(({ failures, due_by }) => failures === 1 && due_by === null) || undefined;
    },
    { what: '20 more that failed, behind the lane' },
  );
  await waitForState(subscriptionId, { state: 'running', awake: false });
  expect(await countByType(engine.node.client)).toMatchObject({ lane: 1 });
});

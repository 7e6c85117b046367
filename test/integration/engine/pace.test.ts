import { waitFor } from '../../support/engine';
import { limitedTo } from './limitedReceiver';
import { attemptsOf, type DeliveryRow, deliveriesOf, laneOf, waitForStates } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(120_000);

const engine = useEngine({ anewForEach: true });
const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));
const hits = (path: string) => engine.receiver.hits(path).length;
const sickLines = () => engine.node.lines.filter(({ event }) => event === 'lane.sick');

/** What waited was not attempted: every attempt that a delivery counts is on record, and was a call. */
async function expectAttemptsWereCalls(deliveries: DeliveryRow[], path: string): Promise<void> {
  let recorded = 0;
  for (const { id, attempt } of deliveries) {
    const numbers = (await attemptsOf(engine.installation.knex, id)).map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: attempt }, (_, at) => at + 1));
    recorded += attempt;
  }
  expect(hits(path)).toBe(recorded);
}

test('a receiver that takes ten calls a second is served at its pace, and is not sick', async () => {
  const { knex } = engine.installation;
  const limit = limitedTo({ perSecond: 10 });
  engine.receiver.on('/limited', limit.answer);
  const callbackUrl = engine.receiver.url('/limited');
  const subscriptionId = await engine.node.subscribe({ callbackUrl, retry: 'gateway' });
  await times(200, () => engine.node.publish());
  await waitForStates(knex, { subscriptionId, states: { delivered: 200 }, timeoutMs: 100_000 });
  // Those that were under way beside the first one that was refused, and a few that found the limit again.
  expect(limit.refused()).toBeLessThan(30);
  expect(sickLines()).toEqual([]);
  const deliveries = await deliveriesOf(knex, subscriptionId);
  expect(deliveries.filter(({ failures }) => failures > 3)).toEqual([]);
  await expectAttemptsWereCalls(deliveries, '/limited');
  expect(engine.node.lines.filter(({ event }) => event === 'receiver.paced')).toHaveLength(1);
});

test('an ordered subscription has one pace for all of its lanes, and keeps its order', async () => {
  const { knex } = engine.installation;
  const limit = limitedTo({ perSecond: 20 });
  engine.receiver.on('/ordered', limit.answer);
  const callbackUrl = engine.receiver.url('/ordered');
  const topics = ['gs', 'hs'];
  const subscriptionId = await engine.node.subscribe({ callbackUrl, topics, ordered: true, retry: [1, 1, 1, 1, 1] });
  for (let at = 0; at < 100; at++) await engine.node.publish({ topic: topics[at % 2] });
  await waitForStates(knex, { subscriptionId, states: { delivered: 100 }, timeoutMs: 100_000 });
  expect(limit.refused()).toBeLessThan(20);
  const deliveries = await deliveriesOf(knex, subscriptionId);
  await expectAttemptsWereCalls(deliveries, '/ordered');
  const order = new Map(deliveries.map(({ id }, at) => [id, at]));
  for (const topic of [0, 1]) {
    const came = engine.receiver.hits('/ordered').map(({ headers }) => order.get(String(headers['webhook-id'])) ?? -1);
    const ofTopic = came.filter((at) => at % 2 === topic);
    expect(ofTopic).toEqual([...ofTopic].sort((a, b) => a - b));
  }
});

test("nobody else is slowed: not another subscription at the same host, another tenant's or the same one's", async () => {
  const { knex } = engine.installation;
  engine.receiver.on('/held', { status: 429, headers: { 'retry-after': '600' } });
  const held = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/held'), retry: [3600] });
  await times(40, () => engine.node.publish());
  await waitFor(async () => (await laneOf(knex, held)).state === 'running' || undefined, { what: 'a lane in use' });
  const refused = hits('/held');
  expect(refused).toBeLessThanOrEqual(20);

  const own = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/own'), topics: ['hs'] });
  const others = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/others'), tenantId: 'rival' });
  await times(50, () => engine.node.publish({ topic: 'hs' }));
  await times(50, () => engine.node.publish({ tenantId: 'rival' }));
  await waitForStates(knex, { subscriptionId: own, states: { delivered: 50 } });
  await waitForStates(knex, { subscriptionId: others, states: { delivered: 50 } });
  expect([hits('/own'), hits('/others')]).toEqual([50, 50]);

  // What waits for the pace waits behind the lane, in rows, without an attempt.
  const waiting = (await deliveriesOf(knex, held)).filter(({ failures }) => failures === 0);
  expect(waiting).toHaveLength(40 - refused);
  await waitFor(
    async () =>
      (await deliveriesOf(knex, held)).every(
        ({ failures, attempt, due_by }) => failures === attempt && (failures > 0 || due_by === null),
      ) || undefined,
    { what: 'what was not called, behind the lane and without an attempt' },
  );
  expect(hits('/held')).toBe(refused);
  expect((await laneOf(knex, held)).state).toBe('running');
  expect(sickLines()).toEqual([]);
});

test('one that was refused and has other settings now is called at once', async () => {
  const { knex } = engine.installation;
  engine.receiver.on('/moved', { status: 429, headers: { 'retry-after': '600' } });
  const subscriptionId = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/moved'), retry: [3600] });
  await engine.node.publish();
  await waitFor(async () => hits('/moved') === 1 || undefined, { what: 'a refused call' });
  await engine.node.pause(subscriptionId);
  await times(20, () => engine.node.publish());
  engine.receiver.on('/moved', {});
  await engine.node.resume(subscriptionId);
  await waitForStates(knex, { subscriptionId, states: { delivered: 20, pending: 1 } });
});

import { waitFor } from '../../support/engine';
import { attemptsOf, deliveriesOf } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(60_000);

const engine = useEngine();
const EVENTS = 4;

/** Milliseconds from the end of the first attempt to the next one, as each row has it. */
async function firstWaits(subscriptionId: string): Promise<number[]> {
  const { knex } = engine.installation;
  const deliveries = await waitFor(
    async () => {
      const failed = (await deliveriesOf(knex, subscriptionId)).filter(({ failures }) => failures === 1);
      return failed.length === EVENTS ? failed : undefined;
    },
    { what: `${EVENTS} failed first attempts` },
  );
  return Promise.all(
    deliveries.map(async ({ id, next_attempt_at }) => {
      const [first] = await attemptsOf(knex, id);
      return Number(next_attempt_at) - Number(first?.started_at) - Number(first?.duration_ms);
    }),
  );
}

test('native deliveries that fail together are repeated apart, by their default schedule too', async () => {
  engine.receiver.on('/native', { status: 400 });
  const callbackUrl = engine.receiver.url('/native');
  const subscriptionId = await engine.node.subscribe({ callbackUrl, retry: 'gateway' });
  await Promise.all(Array.from({ length: EVENTS }, () => engine.node.publish()));
  const waits = await firstWaits(subscriptionId);
  expect(new Set(waits).size).toBeGreaterThan(1);
  expect(waits.filter((waitMs) => waitMs < 8999 || waitMs > 11_001)).toEqual([]);
});

test("the gateway's waits are the published ones", async () => {
  const { knex } = engine.installation;
  engine.receiver.on('/gateway', { status: 400 });
  const callbackUrl = engine.receiver.url('/gateway');
  const subscriptionId = await engine.node.subscribe({ callbackUrl, topics: ['hs'], retry: 'gateway' });
  await knex('subscriptions').where({ id: subscriptionId }).update({ interface: 'gateway', version: 2 });
  await Promise.all(Array.from({ length: EVENTS }, () => engine.node.publish({ topic: 'hs' })));
  const waits = await firstWaits(subscriptionId);
  expect(waits.filter((waitMs) => Math.abs(waitMs - 10_000) > 1)).toEqual([]);
});

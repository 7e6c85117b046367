import { openDatabase } from '../../../src/db/database';
import { waitFor } from '../../support/engine';
import { waitForBlocked } from '../../support/locks';
import { waitForStates } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(60_000);

const engine = useEngine({ anewForEach: true });
const RIVAL = { tenantId: 'rival', publisher: { tenantId: 'rival', appId: null, keyId: 'rival' } };

/** While the subscription's lanes are held, as a slow change of them would. */
async function whileLocked(subscriptionId: string, use: () => Promise<void>): Promise<void> {
  const db = openDatabase({ url: engine.installation.databaseUrl, onIdleError: () => undefined });
  const trx = await db.knex.transaction();
  try {
    await trx('lanes').where({ subscription_id: subscriptionId }).forUpdate();
    await use();
  } finally {
    await trx.rollback();
    await db.close();
  }
}

const subscribe = (path: string, more: Partial<Parameters<typeof engine.node.subscribe>[0]> = {}) =>
  engine.node.subscribe({ callbackUrl: engine.receiver.url(path), ...more });

test("while one lane of a tenant is locked, others' events are accepted, and the tenant's other topics too", async () => {
  const locked = await subscribe('/a', { ordered: true });
  await subscribe('/a/hs', { topics: ['hs'], ordered: true });
  await subscribe('/b', { tenantId: 'rival' });
  let waiting = Promise.resolve();
  await whileLocked(locked, async () => {
    let isAccepted = false;
    waiting = Promise.all(Array.from({ length: 5 }, () => engine.node.publish())).then(() => {
      isAccepted = true;
    });
    await waitForBlocked(engine.installation.knex, 'WITH clock AS');
    for (let i = 0; i < 20; i++) {
      await engine.node.publish(RIVAL);
      await engine.node.publish({ topic: 'hs' });
    }
    expect(isAccepted).toBe(false);
  });
  await waiting;
  await engine.receiver.waitForHits('/a', 5, { timeoutMs: 20_000 });
  expect(engine.receiver.hits('/b')).toHaveLength(20);
});

test("while the lane of a failing subscription is locked, others' outcomes are written", async () => {
  const { knex } = engine.installation;
  const failing = await subscribe('/failing', { retry: [60] });
  const other = await subscribe('/b', { tenantId: 'rival' });
  let answer = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  engine.receiver.on('/failing', { status: 400, after: answered });
  await engine.node.publish();
  await engine.receiver.waitForHits('/failing', 1, { timeoutMs: 20_000 });
  await knex('lanes').where({ subscription_id: failing }).update({ state: 'running', awake: true });
  await whileLocked(failing, async () => {
    answer();
    await waitForBlocked(knex, /attempted AS/);
    await engine.node.publish(RIVAL);
    await waitForStates(knex, { subscriptionId: other, states: { delivered: 1 } });
    expect(await knex('attempts')).toHaveLength(1);
  });
  await waitFor(async () => (await knex('attempts')).length === 2 || undefined, { what: 'the failed attempt' });
});

test('one tenant has half of the places to wait in; the next one is not refused for it', async () => {
  const flood = Array.from({ length: 2500 }, () => engine.node.publish());
  const answers = Promise.allSettled(flood);
  await expect(engine.node.publish(RIVAL)).resolves.toHaveProperty('eventId');
  const refused = (await answers).flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  const message = 'too many requests wait to be written';
  expect(refused.filter((reason) => reason.message !== message)).toEqual([]);
  expect(refused.length).toBeGreaterThanOrEqual(400);
  expect(refused.length).toBeLessThanOrEqual(500);
  await waitFor(async () => (await engine.installation.knex('events')).length >= 500 || undefined, { what: 'events' });
});

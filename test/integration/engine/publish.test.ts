import { randomBytes } from 'node:crypto';
import { Refusal } from '../../../src/services/errors';
import { waitForStates } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(90_000);

const engine = useEngine({ anewForEach: true });
let subscriptionId: string;

/**
 * The receiver shares this process's event loop, and Node.js accepts one connection a turn of it: while 2,500 publishes are answered, a
 * hundred connections can take longer than the usual 15 s, and what times out is sent again.
 */
const TIMEOUT_MS = 60_000;

beforeEach(async () => {
  subscriptionId = await engine.node.subscribe({
    callbackUrl: engine.receiver.url('/hook'),
    maxInFlight: 100,
    timeoutMs: TIMEOUT_MS,
  });
});

test('the same Idempotency-Key 50 times at once and once more is one event; with another body it is refused', async () => {
  const idempotency = { key: 'order 17', bodyHash: randomBytes(32) };
  const answers = await Promise.all(Array.from({ length: 50 }, () => engine.node.publish({ idempotency })));
  answers.push(await engine.node.publish({ idempotency }));
  expect(new Set(answers.map(({ eventId }) => eventId)).size).toBe(1);
  const otherBody = { ...idempotency, bodyHash: randomBytes(32) };
  await expect(engine.node.publish({ idempotency: otherBody })).rejects.toMatchObject({
    name: 'Refusal',
    status: 400,
    field: 'Idempotency-Key',
  });
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 1 } });
  expect(engine.receiver.hits('/hook')).toHaveLength(1);
});

test('two bodies under one key at once: one is accepted, the other refused', async () => {
  const answers = await Promise.allSettled(
    [1, 2].map((byte) => engine.node.publish({ idempotency: { key: 'k', bodyHash: Buffer.alloc(32, byte) } })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

test('an event that cannot be stored fails alone, and the others of its group are delivered', async () => {
  const inputs = Array.from({ length: 40 }, (_, i) => (i === 20 ? { type: 'nul \u0000' } : {}));
  const answers = await Promise.allSettled(inputs.map((input) => engine.node.publish(input)));
  expect(answers.map(({ status }) => status === 'rejected')).toEqual(inputs.map((_, i) => i === 20));
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 39 } });
});

test("another tenant's events are not delivered", async () => {
  await engine.node.publish({ tenantId: 'rival' });
  await engine.node.publish();
  await waitForStates(engine.installation.knex, { subscriptionId, states: { delivered: 1 } });
  expect(await engine.installation.knex('events')).toHaveLength(2);
});

test('more publishes than may wait are refused with 503, and those that were not are all delivered', async () => {
  const answers = await Promise.allSettled(Array.from({ length: 2500 }, () => engine.node.publish()));
  const refused = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason);
  const message = 'too many requests wait to be written';
  expect(refused.filter((reason) => reason.message !== message)).toEqual([]);
  expect(refused.length).toBeGreaterThanOrEqual(400);
  expect(refused.length).toBeLessThanOrEqual(500);
  for (const reason of refused) {
    expect(reason).toBeInstanceOf(Refusal);
    expect(reason).toMatchObject({ status: 503, retryAfterS: 1 });
  }
  await waitForStates(engine.installation.knex, {
    subscriptionId,
    states: { delivered: 2500 - refused.length },
    timeoutMs: 60_000,
  });
  expect(engine.receiver.hits('/hook')).toHaveLength(2500 - refused.length);
});

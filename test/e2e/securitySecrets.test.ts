import { createHash } from 'node:crypto';
import { waitFor } from '../../src/embedded/processes';
import { type Account, call, listDeliveries, makeAccount, makeSubscription, must, publish } from '../support/api';
import { expectNone, formsOf, logsOf, marker, secretOf, startWatched, type Watched } from './secretsSetup';

jest.setTimeout(120_000);

const PAYLOAD = marker('payload');
const ANSWER = marker('answer');

let watched: Watched;
let product: Watched['product'];
let account: Account;
let sealed: { id: string; signing: string[] }[];

beforeAll(async () => {
  watched = await startWatched();
  product = watched.product;
  account = await makeAccount(product);
  await liveThroughEverything();
});
afterAll(() => watched?.stop());

/** Acknowledged, failed, held in a lane, cancelled, refused for its form, and refused by PostgreSQL for what it holds. */
async function liveThroughEverything(): Promise<void> {
  const { receiver, knex } = watched;
  const body = JSON.stringify({ said: ANSWER });
  receiver.on('/well', { body });
  receiver.on('/ill', { status: 500, body });
  const well = await makeSubscription(account, { callbackUrl: receiver.url('/well') });
  const ill = await makeSubscription(account, { callbackUrl: receiver.url('/ill'), retry: [1] });
  const ordered = await makeSubscription(account, { callbackUrl: receiver.url('/ill'), retry: [1], ordered: true });
  const ids = [well, ill, ordered].map(({ id }) => id);
  sealed = await Promise.all(
    ids.map(async (id) => {
      const before = await must(account.subscriber, 'GET', `/v1/subscriptions/${id}/secret`);
      const after = await must(account.subscriber, 'POST', `/v1/subscriptions/${id}/secret/rotate`, {});
      return { id, signing: [after.secret, before.secret] };
    }),
  );
  const changes = [{ text: PAYLOAD, [PAYLOAD]: 1 }];
  await publish(account, { changes });
  await publish(account, { changes });
  const settled = async () => {
    const all = await Promise.all(ids.map((subscriptionId) => listDeliveries(account, { subscriptionId })));
    const lanes = await must(account.subscriber, 'GET', '/v1/lanes?state=stopped').catch(() => null);
    const states = all.map((deliveries) => deliveries.map(({ state }) => state).join());
    return states[0] === 'delivered,delivered' && states[1] === 'failed,failed' && lanes !== null;
  };
  if (!(await waitFor({ condition: settled, timeoutMs: 40_000 }))) throw new Error('the deliveries have not ended');

  // What is refused on the way in.
  const raw = (text: string, headers: Record<string, string> = {}) =>
    fetch(`${product.url}/api/publish`, {
      method: 'POST',
      headers: { authorization: account.producer.key, ...headers },
      body: text,
    });
  const refused = [
    await raw(`{"changes":["${PAYLOAD}"`),
    await raw(JSON.stringify({ changes: changes[0], event_source: [PAYLOAD] })),
    await raw(JSON.stringify({ changes }), { 'content-encoding': PAYLOAD }),
    await raw(JSON.stringify({ changes }), { authorization: `Bearer pr_0123456789ab_${PAYLOAD}${PAYLOAD}` }),
    await raw(`"${PAYLOAD}${'x'.repeat(300_000)}"`),
  ];
  expect(refused.map(({ status }) => status)).toEqual([400, 400, 415, 401, 413]);
  // A row that PostgreSQL refuses is quoted in its error's detail.
  await knex.raw('ALTER TABLE events ADD CONSTRAINT short CHECK (length(changes) < 5) NOT VALID');
  expect((await call(account.producer, 'POST', '/api/publish', eventWith(changes))).status).toBe(500);
  await knex.raw('ALTER TABLE events DROP CONSTRAINT short');
  await knex.raw(`ALTER TABLE apps ADD CONSTRAINT short CHECK (length(name) < 5) NOT VALID`);
  const app = { tenantId: account.tenantId, id: 'other', name: PAYLOAD };
  expect((await call(account.operator, 'POST', '/v1/apps', app)).status).toBe(500);
  await knex.raw('ALTER TABLE apps DROP CONSTRAINT short');
}

const eventWith = (changes: unknown) => ({
  ...{ event_source: 'test', event_topic: account.topic, event_type: 'changed', event_status: '1', changes },
});

/** Whatever must be nowhere but with its owner. */
function secrets(): string[] {
  const keys = [account.operator, account.producer, account.subscriber].map(({ key }) => key);
  return formsOf(watched, { keys, signing: sealed.flatMap(({ signing }) => signing) });
}

const everywhere = () => [...secrets(), PAYLOAD, ANSWER];

test('nothing of it in the logs, of the product or of its servers', async () => {
  // The last that happened: lines are written a moment after what they tell.
  const failures = () => product.lines.filter(({ msg }) => msg === 'request.failed');
  await waitFor({ condition: async () => failures().length === 2, timeoutMs: 10_000 });
  expect(failures()).toEqual(
    Array(2).fill(expect.objectContaining({ err: expect.objectContaining({ code: '23514' }) })),
  );
  const logs = logsOf(product);
  for (const there of ['delivery.attempted', 'the receiver answered 500'])
    expect([there, logs.stdout?.includes(there)]).toEqual([there, true]);
  for (const [where, text] of Object.entries(logs)) expectNone(text, everywhere(), where);
});

test('nor in the metrics, the public pages, and the answers to those who get a fault', async () => {
  for (const path of ['/metrics', '/readyz', '/healthz', '/openapi.json', '/docs', '/nowhere']) {
    expectNone(await (await fetch(product.url + path)).text(), everywhere(), path);
  }
  const shown = JSON.stringify(await listDeliveries(account));
  expect(shown).toContain(ANSWER);
  expectNone(shown, [...secrets(), PAYLOAD], '/v1/deliveries');
});

test('nor in Temporal: ids, search attributes, memos, and whole histories', async () => {
  const all = await watched.temporalTexts();
  for (const there of ['delivery/', 'lane/', account.tenantId, '127.0.0.1'])
    expect([there, all.includes(there)]).toEqual([there, true]);
  expectNone(all, everywhere(), 'Temporal');
});

describe('a raw dump of the database', () => {
  test('holds no key and no signing secret: hashes, and what SECRETS_KEY has sealed', async () => {
    const all = await watched.dump();
    expectNone(all, secrets(), 'dump');
    const hash = createHash('sha256').update(secretOf(account.subscriber.key)).digest('hex');
    expect(all.includes(hash)).toBe(true);
    const { rows } = await watched.knex.raw('SELECT DISTINCT secret_key_id FROM subscription_secrets');
    expect(rows).toEqual([{ secret_key_id: expect.stringMatching(/^[0-9a-f]{16}$/) }]);
  });

  test("holds the payload in events.changes alone, and the receiver's words in attempts.response_excerpt", async () => {
    const all = await watched.dump();
    expect([all.includes(PAYLOAD), all.includes(ANSWER)]).toEqual([true, true]);
    const rest = await watched.dump(['events.changes', 'attempts.response_excerpt']);
    expectNone(rest, [PAYLOAD, ANSWER], 'dump without the two');
  });
});

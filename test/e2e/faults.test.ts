import { openDatabase } from '../../src/db/database';
import { waitFor } from '../../src/embedded/processes';
import { type Account, call, makeAccount, makeSubscription } from '../support/api';
import { createTestDatabase } from '../support/postgres';
import { externalServers, newDataDir, type Product, startProduct } from '../support/product';
import { type Receiver, startReceiver } from '../support/receiver';
import { takeNamespace } from '../support/temporal';

jest.setTimeout(240_000);

const PUBLISHERS = 20;
/** In a round; what a kill leaves behind is found again one by one, which takes its time. */
const MAX_ACCEPTED = 600;
/** A claim runs out half a minute after its attempt could last; then the next round of reconcile finds it. */
const FOUND_AGAIN_MS = 120_000;

/** What runs, and who of it is killed while events come in. */
const ROUNDS = [
  { roles: ['all'], victims: ['all'] },
  { roles: ['all'], victims: ['all'] },
  { roles: ['api', 'worker'], victims: ['api'] },
  { roles: ['api', 'worker'], victims: ['worker'] },
  { roles: ['api', 'worker'], victims: ['api', 'worker'] },
];

/** Publishes until it is told to stop. A call that breaks off was not answered, and promises nothing. */
function publishOnAndOn(account: Account) {
  const accepted: string[] = [];
  let isStopped = false;
  async function publisher(): Promise<void> {
    while (!isStopped && accepted.length < MAX_ACCEPTED) {
      const answer = await call(account.producer, 'POST', '/api/publish', {
        event_source: 'test',
        event_topic: account.topic,
        event_type: 'changed',
        event_status: '1',
        changes: ['id1'],
      }).catch(() => null);
      if (answer?.body.code === '000') accepted.push(answer.body.request_id);
    }
  }
  const publishers = Array.from({ length: PUBLISHERS }, publisher);
  return {
    accepted,
    async stop() {
      isStopped = true;
      await Promise.all(publishers);
    },
  };
}

function arrivedAt(receiver: Receiver): Set<string> {
  return new Set(receiver.hits('/hook').map(({ body }) => JSON.parse(body).data.id));
}

test('kill -9 of API, worker, and both while events come in: every accepted one arrives', async () => {
  const database = await createTestDatabase();
  const db = openDatabase({ url: database.url, onIdleError: () => undefined });
  const receiver = await startReceiver();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  const dataDir = newDataDir();
  const running = new Map<string, Product>();
  const accepted: string[] = [];
  let account: Account | undefined;

  /** Exactly these roles, the first with the API. */
  async function run(roles: string[]): Promise<Product> {
    for (const [role, product] of running) {
      if (roles.includes(role)) continue;
      await product.stop();
      running.delete(role);
    }
    for (const role of roles) {
      if (!running.has(role)) running.set(role, await startProduct({ dataDir, env: { ...env, ROLE: role } }));
    }
    const api = running.get(roles[0] ?? '');
    if (!api) throw new Error('no API');
    return api;
  }

  try {
    for (const { roles, victims } of ROUNDS) {
      const api = await run(roles);
      if (!account) {
        account = await makeAccount(api);
        await makeSubscription(account, { callbackUrl: receiver.url('/hook'), timeoutMs: 1000, maxInFlight: 50 });
      }
      const publishing = publishOnAndOn({ ...account, producer: { ...account.producer, url: api.url } });
      const before = receiver.hits('/hook').length;
      await receiver.waitForHits('/hook', before + 50 + Math.floor(Math.random() * 200), { timeoutMs: 60_000 });
      await Promise.all(victims.map((role) => running.get(role)?.kill9()));
      await publishing.stop();
      for (const role of victims) running.delete(role);
      accepted.push(...publishing.accepted);
    }

    await run(['all']);
    const missing = () => {
      const arrived = arrivedAt(receiver);
      return accepted.filter((id) => !arrived.has(id));
    };
    await waitFor({ condition: async () => missing().length === 0, timeoutMs: FOUND_AGAIN_MS, intervalMs: 200 });
    expect(await db.knex('deliveries').whereIn('event_id', missing())).toEqual([]);
    expect(missing()).toEqual([]);
    expect(accepted.length).toBeGreaterThan(ROUNDS.length * 50);
  } finally {
    await Promise.all([...running.values()].map((product) => product.stop()));
    await receiver.stop();
    await db.close();
    await database.drop();
  }
});

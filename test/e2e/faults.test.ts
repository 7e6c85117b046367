import { openDatabase } from '../../src/db/database';
import { type Account, call, makeAccount, makeSubscription } from '../support/api';
import { createTestDatabase } from '../support/postgres';
import { externalServers, newDataDir, type Product, startProduct } from '../support/product';
import { startReceiver } from '../support/receiver';
import { takeNamespace } from '../support/temporal';

jest.setTimeout(180_000);

const PUBLISHERS = 20;
const KILLS = 3;

/** Publishes until it is told to stop. @returns the ids of all that were accepted; a call that breaks off was not answered. */
function publishOnAndOn(account: Account) {
  const accepted: string[] = [];
  let isStopped = false;
  async function publisher(): Promise<void> {
    while (!isStopped) {
      const answer = await call(account.producer, 'POST', '/api/publish', {
        event_source: 'test',
        event_topic: account.topic,
        event_type: 'changed',
        event_status: '1',
        changes: ['id1'],
      }).catch(() => null);
      if (answer?.status === 200 && answer.body.code === '000') accepted.push(answer.body.request_id);
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

test.each([
  ['of the process that is API and worker', ['all'], ['all']],
  ['of the API', ['api', 'worker'], ['api']],
  ['of API and worker', ['api', 'worker'], ['api', 'worker']],
])('kill -9 %s while events come in: every accepted one arrives', async (_, roles, victims) => {
  const database = await createTestDatabase();
  const db = openDatabase({ url: database.url, onIdleError: () => undefined });
  const receiver = await startReceiver();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  const dataDir = newDataDir();
  const running = new Map<string, Product>();
  const start = async (role: string) => running.set(role, await startProduct({ dataDir, env: { ...env, ROLE: role } }));
  const accepted: string[] = [];
  let account: Account | undefined;

  for (let round = 1; round <= KILLS; round++) {
    for (const role of roles) if (!running.has(role)) await start(role);
    const api = running.get(roles[0] ?? '');
    if (!api) throw new Error('no API');
    if (!account) {
      account = await makeAccount(api);
      await makeSubscription(account, { callbackUrl: receiver.url('/hook'), timeoutMs: 1000, maxInFlight: 50 });
    }
    const publishing = publishOnAndOn({ ...account, producer: { ...account.producer, url: api.url } });
    const hits = receiver.hits('/hook').length;
    await receiver.waitForHits('/hook', hits + 50 + Math.floor(Math.random() * 200), { timeoutMs: 30_000 });
    await Promise.all(victims.map((role) => running.get(role)?.kill9()));
    await publishing.stop();
    for (const role of victims) running.delete(role);
    accepted.push(...publishing.accepted);
  }

  for (const role of roles) if (!running.has(role)) await start(role);
  // As if the claims of those that were killed had run out already, half a minute early.
  await db.knex('deliveries').where({ state: 'pending' }).whereNotNull('due_by').update({ due_by: db.knex.fn.now() });
  expect(accepted.length).toBeGreaterThan(KILLS * 50);
  const arrived = () => new Set(receiver.hits('/hook').map(({ body }) => JSON.parse(body).data.id));
  const missing = () => accepted.filter((id) => !arrived().has(id));
  const deadline = performance.now() + 60_000;
  while (missing().length > 0 && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 200));
  expect(missing()).toEqual([]);

  await Promise.all([...running.values()].map((product) => product.stop()));
  await receiver.stop();
  await db.close();
  await database.drop();
});

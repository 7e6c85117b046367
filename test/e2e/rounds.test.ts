import { Client, ScheduleNotFoundError } from '@temporalio/client';
import { TASK_QUEUE } from '../../src/contracts/ids';
import { waitFor } from '../../src/embedded/processes';
import { makeAccount, makeSubscription, publish } from '../support/api';
import { createTestDatabase } from '../support/postgres';
import { externalServers, type Product, startProduct } from '../support/product';
import { startReceiver } from '../support/receiver';
import { query, registerNamespace, withTemporal } from './topologySetup';

jest.setTimeout(240_000);

let namespace: string;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let products: Product[];

const inTemporal = <T>(use: (client: Client) => Promise<T>): Promise<T> =>
  withTemporal((connection) => use(new Client({ connection, namespace })));

/** As the release before did. */
const SCHEDULES = [
  { scheduleId: 'reconcile', every: '10 s' },
  { scheduleId: 'retention', every: '1 h' },
];

beforeAll(async () => {
  namespace = await registerNamespace();
  database = await createTestDatabase();
  await inTemporal(async ({ schedule }) => {
    for (const { scheduleId, every } of SCHEDULES) {
      const action = { type: 'startWorkflow', workflowType: scheduleId, taskQueue: TASK_QUEUE, args: [] } as const;
      await schedule.create({
        scheduleId,
        spec: { intervals: [{ every }] },
        action: { ...action, workflowId: scheduleId },
      });
    }
  });
  const env = {
    ...externalServers({ databaseUrl: database.url, namespace }),
    OPERATOR_KEY: `pr_operator_${'0'.repeat(64)}`,
    SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
  };
  products = await Promise.all([startProduct({ env }), startProduct({ env })]);
});

afterAll(async () => {
  await Promise.all((products ?? []).map((product) => product.stop()));
  await database?.drop();
});

/** Resolves when so many rounds more have succeeded. */
async function waitForRounds(count: number): Promise<void> {
  const seen = new Set<number>();
  const succeeded = async () => {
    const [row] = await query<{ succeeded_at: Date }>(
      database.url,
      "SELECT succeeded_at FROM maintenance WHERE name = 'reconcile'",
    );
    return seen.add(Number(row?.succeeded_at)).size > count;
  };
  if (await waitFor({ condition: succeeded, timeoutMs: 60_000, intervalMs: 250 })) return;
  throw new Error(`no ${count} rounds within a minute`);
}

test("the release before's Schedules are deleted, and an idle installation starts nothing in Temporal", async () => {
  const isGone = (scheduleId: string) =>
    inTemporal(({ schedule }) => schedule.getHandle(scheduleId).describe()).then(
      () => false,
      (error: unknown) => error instanceof ScheduleNotFoundError,
    );
  const areGone = async () => (await isGone('reconcile')) && (await isGone('retention'));
  expect(await waitFor({ condition: areGone, timeoutMs: 60_000 })).toBe(true);
  await waitForRounds(1);
  const since = new Date().toISOString();
  await waitForRounds(3);
  const { count } = await inTemporal(({ workflow }) => workflow.count(`StartTime > '${since}'`));
  expect(count).toBe(0);
});

test('a delivery that nobody carries is found; after a kill -9 of one process rounds go on in the other', async () => {
  const [one, other] = products;
  if (!one || !other) throw new Error('no processes');
  const receiver = await startReceiver();
  const account = await makeAccount(one);
  receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  await makeSubscription(account, { callbackUrl: receiver.url('/hook'), retry: [1] });
  await publish(account);
  await receiver.waitForHits('/hook', 1);
  await one.kill9();
  products.shift();
  await waitForRounds(3);
  await receiver.waitForHits('/hook', 2, { timeoutMs: 90_000 });
  expect(await (await fetch(`${other.url}/metrics`)).text()).toMatch(
    /postrider_rounds_total\{name="reconcile",outcome="succeeded"\} [1-9]/,
  );
  await receiver.stop();
});

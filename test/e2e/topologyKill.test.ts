import { makeSubscription, publish } from '../support/api';
import { attemptedBy, startTopology, type Topology } from './topologySetup';

jest.setTimeout(120_000);

let topology: Topology;

beforeAll(async () => {
  topology = await startTopology();
});

afterAll(() => topology?.stop());

test('kill -9 of a worker with attempts under way: every event arrives', async () => {
  const { account, receiver, workers } = topology;
  receiver.on('/killed', { delayMs: 400 });
  const { id } = await makeSubscription(account, {
    callbackUrl: receiver.url('/killed'),
    timeoutMs: 1_000,
    maxInFlight: 20,
  });
  const published: string[] = [];
  for (let count = 0; count < 60; count++) published.push(await publish(account));
  // Whichever begins: Temporal gives what was published together to one of them.
  const victim = await Promise.any(
    workers.map(async (worker) => {
      await worker.waitForLog((line) => line.event === 'delivery.attempted' && line.subscriptionId === id);
      return worker;
    }),
  );
  const survivor = workers.find((worker) => worker !== victim);
  if (!survivor) throw new Error('no second worker');
  expect(await victim.kill9()).toEqual({ code: null, signal: 'SIGKILL' });

  const arrived = () => new Set(receiver.hits('/killed').map(({ body }) => String(JSON.parse(body).data.id)));
  // What the victim had claimed is free again 30 s after its attempt could last.
  for (let hits = 60; arrived().size < 60; hits = receiver.hits('/killed').length + 1) {
    await receiver.waitForHits('/killed', hits, { timeoutMs: 75_000 });
  }
  expect([...arrived()].sort()).toEqual(published.sort());
  expect(attemptedBy(survivor, id).length).toBeGreaterThan(0);
});

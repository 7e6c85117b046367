import { type Installation, installRuntime, startInstallation, waitFor, workflowBundle } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';

jest.setTimeout(120_000);

const ANSWER_AFTER_MS = 150;

let installation: Installation;
let receiver: Receiver;

// Bundling keeps this process busy for seconds, in which connections of nodes that start would time out.
beforeAll(async () => {
  installRuntime();
  await workflowBundle();
});

beforeEach(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
});

afterEach(async () => {
  await installation.stop();
  await receiver.stop();
});

/** A path that answers after a while and knows how many of its calls were under way at once at most. */
function countedPath({ after }: { after?: Promise<void> } = {}) {
  const path = '/counted';
  let underWay = 0;
  const seen = { most: 0 };
  receiver.on(path, () => {
    underWay++;
    seen.most = Math.max(seen.most, underWay);
    return { delayMs: ANSWER_AFTER_MS, after, onAnswer: () => underWay-- };
  });
  return { seen, path, url: receiver.url(path) };
}

type Node = Awaited<ReturnType<Installation['startNode']>>;

const startWorkers = (count: number): Promise<Node[]> =>
  Promise.all(Array.from({ length: count }, () => installation.startNode({ role: 'worker' })));

async function publish(node: Node, events: number): Promise<void> {
  await Promise.all(Array.from({ length: events }, () => node.publish()));
}

test.each([
  { maxInFlight: 1, workers: 2, events: 20 },
  { maxInFlight: 2, workers: 4, events: 40 },
])('$workers workers keep to maxInFlight $maxInFlight and use all of it', async ({ maxInFlight, workers, events }) => {
  const api = await installation.startNode({ role: 'api' });
  await startWorkers(workers);
  const { seen, path, url } = countedPath();
  await api.subscribe({ callbackUrl: url, maxInFlight });
  await publish(api, events);
  await receiver.waitForHits(path, events, { timeoutMs: 60_000 });
  expect(seen.most).toBe(maxInFlight);
});

test.each([1, 2, 5])(
  'while workers join and leave, maxInFlight %i is kept to and everything arrives',
  async (maxInFlight) => {
    const api = await installation.startNode({ role: 'api' });
    const [first] = await startWorkers(1);
    const { seen, path, url } = countedPath();
    await api.subscribe({ callbackUrl: url, maxInFlight });
    await publish(api, 40);
    await receiver.waitForHits(path, 5, { timeoutMs: 20_000 });
    const [second] = await startWorkers(1);
    await publish(api, 20);
    await startWorkers(2);
    await first?.stop();
    await publish(api, 20);
    await second?.stop();
    await receiver.waitForHits(path, 80, { timeoutMs: 80_000 });
    expect(seen.most).toBe(maxInFlight);
  },
);

/** Every process keeps to the newest membership. */
async function allAgree(processes: number): Promise<void> {
  await waitFor(
    async () => {
      const rows = await installation
        .knex('processes')
        .join('in_flight_membership', 'in_flight_membership.epoch', 'processes.epoch')
        .whereRaw('cardinality(members) = ?', [processes]);
      return rows.length === processes ? rows : undefined;
    },
    { what: `${processes} processes agree` },
  );
}

test('10 for six processes: all ten are used, and no more', async () => {
  const nodes = await Promise.all([1, 2, 3, 4, 5, 6].map(() => installation.startNode()));
  await allAgree(6);
  let answerAll = () => {};
  const answers = new Promise<void>((resolve) => {
    answerAll = resolve;
  });
  const { seen, path, url } = countedPath({ after: answers });
  await (nodes[0] as Node).subscribe({ callbackUrl: url, maxInFlight: 10, timeoutMs: 60_000 });
  await Promise.all(nodes.map((node) => publish(node, 4)));
  await receiver.waitForHits(path, 10, { timeoutMs: 20_000 });
  answerAll();
  await receiver.waitForHits(path, 24, { timeoutMs: 60_000 });
  expect(seen.most).toBe(10);
});

test('processes that make first attempts themselves keep to it too', async () => {
  const nodes = await Promise.all([1, 2, 3].map(() => installation.startNode()));
  const { seen, path, url } = countedPath();
  await (nodes[0] as Node).subscribe({ callbackUrl: url, maxInFlight: 2 });
  await Promise.all(nodes.map((node) => publish(node, 10)));
  await receiver.waitForHits(path, 30, { timeoutMs: 60_000 });
  expect(seen.most).toBe(2);
});

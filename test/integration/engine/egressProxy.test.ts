import { waitFor } from '../../support/engine';
import { type ProxyBehaviour, type ProxyServer, startProxy } from '../../support/proxy';
import { type Receiver, startReceiver } from '../../support/receiver';
import { attemptsOf, deliveriesOf, laneOf, orderedLaneOf, waitForStates } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(90_000);

const engine = useEngine();
/** More absences than make a receiver sick, if they were counted. */
const EVENTS = 8;

let proxy: ProxyServer;
let node: typeof engine.node;
/** A new one for each test: no connection of the one before is kept open to it. */
let receiver: Receiver;

beforeAll(async () => {
  proxy = await startProxy();
  await engine.node.stop();
  node = await engine.installation.startNode({ proxy: { host: proxy.host, port: proxy.port, authorization: null } });
});
afterAll(() => proxy.stop());

beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

let topics = 0;

/** Without repeats: one attempt that was used up would end a delivery as failed. */
async function subscribe(settings: { ordered?: boolean; retry?: number[]; timeoutMs?: number } = {}) {
  const topic = `proxied ${++topics}`;
  await engine.installation.knex('topics').insert({ topic, name: topic });
  const id = await node.subscribe({
    callbackUrl: receiver.url('/hook'),
    topics: [topic],
    retry: [],
    timeoutMs: 1000,
    ...settings,
  });
  return { id, topic };
}

const unsent = () => node.lines.filter(({ event }) => event === 'delivery.unsent');
const sickLines = () => node.lines.filter(({ event }) => event === 'lane.sick' || event === 'lane.stopped');

async function waitForUnsent(count: number): Promise<void> {
  const before = unsent().length;
  await waitFor(() => unsent().length >= before + count || undefined, { what: `${count} calls that were not sent` });
}

async function proxyFails(behaviour: ProxyBehaviour | 'is not there'): Promise<void> {
  if (behaviour === 'is not there') await proxy.stop();
  else proxy.behave(behaviour);
}

async function proxyIsBack(behaviour: ProxyBehaviour | 'is not there'): Promise<void> {
  if (behaviour === 'is not there') proxy = await startProxy({ port: proxy.port });
  else proxy.behave('connects');
}

test('calls that are under way when the proxy goes away are repeated, and no receiver is sick', async () => {
  const { id, topic } = await subscribe({ retry: [1], timeoutMs: 15_000 });
  receiver.on('/hook', (hit) => (hit <= EVENTS ? 'hang' : {}));
  await Promise.all(Array.from({ length: EVENTS }, () => node.publish({ topic })));
  await receiver.waitForHits('/hook', EVENTS);
  await proxyFails('is not there');
  await waitForUnsent(1);
  await proxyIsBack('is not there');
  const { knex } = engine.installation;
  await waitForStates(knex, { subscriptionId: id, states: { delivered: EVENTS }, timeoutMs: 60_000 });
  const rows = await deliveriesOf(knex, id);
  expect(rows.map(({ failures }) => failures)).toEqual(Array(EVENTS).fill(1));
  const firsts = (await Promise.all(rows.map((row) => attemptsOf(knex, row.id)))).map(([first]) => first?.fault);
  expect(firsts).toEqual(Array(EVENTS).fill('aborted'));
  expect(sickLines()).toEqual([]);
});

describe.each([
  ['is not there', 'is not there'],
  ['closes', null],
  ['refuses', 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'],
  ['hangs', 'hangs'],
] as const)('while the proxy of EGRESS_PROXY %s', (_, behaviour) => {
  beforeEach(() => proxyFails(behaviour));

  test('no attempt is used up and no receiver is sick; when it is back all is delivered', async () => {
    const { knex } = engine.installation;
    const { id, topic } = await subscribe();
    const notSent = waitForUnsent(EVENTS);
    await Promise.all(Array.from({ length: EVENTS }, () => node.publish({ topic })));
    await notSent;
    const rows = await deliveriesOf(knex, id);
    expect(rows.map(({ state, failures }) => [state, failures])).toEqual(Array(EVENTS).fill(['pending', 0]));
    expect((await Promise.all(rows.map((row) => attemptsOf(knex, row.id)))).flat()).toEqual([]);
    expect((await laneOf(knex, id))?.state).not.toBe('sick');

    await proxyIsBack(behaviour);
    // Each is tried again when its claim has run out.
    await waitForStates(knex, { subscriptionId: id, states: { delivered: EVENTS }, timeoutMs: 60_000 });
    expect(receiver.hits('/hook')).toHaveLength(EVENTS);
    expect(sickLines()).toEqual([]);
  });

  test('an ordered lane waits, and goes on in order', async () => {
    const { knex } = engine.installation;
    const { id, topic } = await subscribe({ ordered: true });
    const notSent = waitForUnsent(1);
    for (let n = 0; n < EVENTS; n++) await node.publish({ topic, changes: `[${n}]` });
    await notSent;
    expect((await orderedLaneOf(knex, { subscriptionId: id, topic })).state).toBe('running');

    await proxyIsBack(behaviour);
    await waitForStates(knex, { subscriptionId: id, states: { delivered: EVENTS }, timeoutMs: 60_000 });
    const came = receiver.hits('/hook').map(({ body }) => JSON.parse(body).data.changes[0]);
    expect(came).toEqual(Array.from({ length: EVENTS }, (_value, n) => n));
    expect(sickLines()).toEqual([]);
  });
});

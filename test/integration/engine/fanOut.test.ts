import { fanOutWorkflowId } from '../../../src/contracts/ids';
import { acceptEvents } from '../../../src/db/carrying/accept';
import { selectionsOf } from '../../../src/domain/selectors';
import {
  type EngineNodeOptions,
  eventOf,
  type Installation,
  OPERATOR,
  startInstallation,
  TENANT,
  waitFor,
} from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { waitForWorkflow } from './workflows';

jest.setTimeout(120_000);

const MATCHES = 300;
const FAN_OUT = { atOnce: 100, page: 50 };

type Node = Awaited<ReturnType<Installation['startNode']>>;

let installation: Installation;
let receiver: Receiver;

beforeEach(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver?.stop();
  await installation?.stop();
});

const startNode = (options: EngineNodeOptions = {}) => installation.startNode({ fanOut: FAN_OUT, ...options });

/** @returns the subscriptions, in the order in which they are written; each calls a path of its own. */
async function subscribeMany(node: Node): Promise<{ id: string; path: string }[]> {
  const made: { id: string; path: string }[] = [];
  const paths = Array.from({ length: MATCHES }, (_, i) => `/hook/${i}`).values();
  const makeNext = async () => {
    for (const path of paths) made.push({ id: await node.subscribe({ callbackUrl: receiver.url(path) }), path });
  };
  await Promise.all(Array.from({ length: 8 }, makeNext));
  return made.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function countWritten(where: Record<string, unknown> = {}): Promise<number> {
  return Number((await installation.knex('deliveries').where(where).count())[0]?.count);
}

async function waitForDelivered(count: number): Promise<void> {
  let seen = 0;
  await waitFor(
    async () => {
      seen = await countWritten({ state: 'delivered' });
      return seen === count || undefined;
    },
    { what: () => `${count} that are delivered; there are ${seen}`, timeoutMs: 60_000 },
  );
}

const hitsOf = (subscriptions: { path: string }[]) => subscriptions.map(({ path }) => receiver.hits(path).length);
const fanOutOf = (eventId: string) => fanOutWorkflowId({ eventId, tenantId: TENANT, topic: 'gs' });

const times = (count: number, hits: number) => new Array<number>(count).fill(hits);

async function waitForUnfinished(node: Node, eventId: string): Promise<void> {
  await waitForWorkflow(node.client, { workflowId: fanOutOf(eventId), status: 'RUNNING' });
}

test('an event that matches more than is written at once arrives everywhere, once', async () => {
  const node = await startNode();
  const subscriptions = await subscribeMany(node);
  const { eventId } = await node.publish();
  const event = await node.services.events.read({
    ...{ caller: OPERATOR, scope: { kind: 'all' }, id: eventId },
    page: { after: null, limit: 50 },
  });
  expect(event.deliveries).toHaveLength(50);
  await waitForDelivered(MATCHES);
  expect(hitsOf(subscriptions)).toEqual(times(MATCHES, 1));
  await waitForWorkflow(node.client, { workflowId: fanOutOf(eventId), status: 'COMPLETED' });
  expect(await node.client.workflow.getHandle(fanOutOf(eventId)).result()).toEqual({ written: MATCHES - 100 });
  expect(await installation.knex('events').first('fan_out_after')).toEqual({ fan_out_after: null });
});

test('what others publish at the same time is accepted, and nothing of it is repeated', async () => {
  const node = await startNode();
  const subscriptions = await subscribeMany(node);
  const id = await node.subscribe({ callbackUrl: receiver.url('/other'), topics: ['hs'], maxInFlight: 100 });
  const others = Array.from({ length: 60 }, () => ({ topic: 'hs' }));
  await Promise.all([...others.slice(0, 30), {}, ...others.slice(30), {}].map((input) => node.publish(input)));
  await waitForDelivered(2 * MATCHES + others.length);
  expect(hitsOf(subscriptions)).toEqual(times(MATCHES, 2));
  expect(await countWritten({ subscription_id: id })).toBe(others.length);
});

test('pages wait for receivers; a worker that stops in the middle is followed by another', async () => {
  const first = await startNode();
  const subscriptions = await subscribeMany(first);
  // In the first page after what is written at once, enough of them to hold up the next one.
  for (const { path } of subscriptions.slice(100, 120)) receiver.on(path, { delayMs: 6000 });
  const { eventId } = await first.publish();
  await receiver.waitForHits(subscriptions[119]?.path ?? '', 1);
  await waitForUnfinished(first, eventId);
  expect(await countWritten()).toBe(150);
  await first.stop();
  expect(await countWritten()).toBeLessThan(MATCHES);

  const second = await startNode();
  await waitForDelivered(MATCHES);
  expect(hitsOf(subscriptions)).toEqual(times(MATCHES, 1));
  await waitForWorkflow(second.client, { workflowId: fanOutOf(eventId), status: 'COMPLETED' });
});

test('what is paused meanwhile keeps its delivery, what is deleted gets none', async () => {
  const node = await startNode();
  const subscriptions = await subscribeMany(node);
  for (const { path } of subscriptions.slice(100, 120)) receiver.on(path, { delayMs: 6000 });
  await node.publish();
  await receiver.waitForHits(subscriptions[119]?.path ?? '', 1);
  expect(await countWritten()).toBe(150);
  const [paused, deleted, ...rest] = subscriptions.slice(200);
  await node.pause(paused?.id ?? '');
  await node.deleteSubscription(deleted?.id ?? '');
  await waitForDelivered(MATCHES - 2);
  expect(hitsOf([...(paused ? [paused] : []), ...(deleted ? [deleted] : [])])).toEqual([0, 0]);
  expect(hitsOf(rest)).toEqual(times(rest.length, 1));
  expect(await countWritten({ subscription_id: paused?.id, state: 'pending' })).toBe(1);
  expect(await countWritten({ subscription_id: deleted?.id, state: 'pending' })).toBe(0);

  await node.resume(paused?.id ?? '');
  await waitForDelivered(MATCHES - 1);
});

/** Of what a process that died had claimed. */
async function makeClaimsOverdue(): Promise<void> {
  await installation
    .knex('deliveries')
    .where({ attempt: 1, state: 'pending' })
    .update({ due_by: installation.knex.raw("now() - interval '1 second'") });
}

test('reconcile finishes what nobody carries', async () => {
  const node = await startNode();
  const subscriptions = await subscribeMany(node);
  const event = eventOf();
  // Accepted by a process that died right after the commit.
  await acceptEvents(installation.db, {
    events: [{ ...event, selections: selectionsOf(event) }],
    attempting: true,
    maxAtOnce: FAN_OUT.atOnce,
  });
  await makeClaimsOverdue();
  await node.reconcile();
  await waitForDelivered(MATCHES);
  expect(hitsOf(subscriptions)).toEqual(times(MATCHES, 1));
});

test('a fan-out that an operator terminates is started again, one that runs is left alone', async () => {
  const before = await startNode({ withWorker: false });
  const subscriptions = await subscribeMany(before);
  const { eventId } = await before.publish();
  await waitForUnfinished(before, eventId);
  const { runId } = await before.client.workflow.getHandle(fanOutOf(eventId)).describe();
  await before.reconcile();
  expect((await before.client.workflow.getHandle(fanOutOf(eventId)).describe()).runId).toBe(runId);
  await before.client.workflow.getHandle(fanOutOf(eventId)).terminate('by an operator');

  const node = await startNode();
  await node.reconcile();
  await waitForDelivered(MATCHES);
  expect(hitsOf(subscriptions)).toEqual(times(MATCHES, 1));
  const again = await node.client.workflow.getHandle(fanOutOf(eventId)).describe();
  expect(again.runId).not.toBe(runId);
});

import { waitForBlocked } from '../../support/locks';
import { type OrderedLane, waitForLane, waitForStates } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(180_000);

/** `reconcile` runs nowhere here: a wake that is lost is an event that never arrives. */
const engine = useEngine();

async function subscribe(topic: string): Promise<OrderedLane> {
  await engine.installation.knex('topics').insert({ topic, name: topic });
  const subscriptionId = await engine.node.subscribe({
    callbackUrl: engine.receiver.url(`/${topic}`),
    topics: [topic],
    ordered: true,
    retry: [3600],
  });
  return { subscriptionId, topic };
}

const publish = (topic: string, number: number) => engine.node.publish({ topic, changes: `[${number}]` });

/** The first of each event's `changes`, in the order in which they arrived. */
const arrived = (topic: string): number[] =>
  engine.receiver.hits(`/${topic}`).map(({ body }) => JSON.parse(body).data.changes[0]);

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One query for all lanes, so that each round learns at once of the moment in which its lane has fallen asleep. */
function watchLanes() {
  const waiting = new Map<string, () => void>();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const asleep = await engine.installation
        .knex('lanes')
        .where({ awake: false })
        .whereIn('topic', [...waiting.keys()]);
      for (const { topic } of asleep) {
        waiting.get(topic)?.();
        waiting.delete(topic);
      }
      await sleep(3);
    }
  })();
  return {
    sleepOf: (topic: string) => new Promise<void>((resolve) => void waiting.set(topic, resolve)),
    async stop() {
      isOver = true;
      await watching;
    },
  };
}

const LANES = 20;
const ROUNDS = 12;
/** An empty lane rests about a second after its last delivery. */
const RESTS_AFTER_MS = { from: 850, to: 1250 };
/**
 * A workflow that was about to close when it was woken begins anew from its history; on a machine that is busy with other tests
 * that has taken longer than a workflow task may (10 s), and then it is tried again.
 */
const ARRIVES_WITHIN_MS = 60_000;
/** The workflow of a lane that has fallen asleep is closed about so long after. */
const CLOSES_WITHIN_MS = 60;

test('publishes that race the moment in which an empty lane falls asleep all arrive, in order, once', async () => {
  const lanes = watchLanes();
  const topics = upTo(LANES).map((i) => `sleepy-${i}`);
  for (const topic of topics) await subscribe(topic);

  /** When to publish next: about when it rests, as soon as it sleeps, or while its workflow is about to close. */
  const moments = [
    () => sleep(RESTS_AFTER_MS.from + Math.random() * (RESTS_AFTER_MS.to - RESTS_AFTER_MS.from)),
    (topic: string) => lanes.sleepOf(topic),
    (topic: string) => lanes.sleepOf(topic).then(() => sleep(Math.random() * CLOSES_WITHIN_MS)),
  ];
  try {
    await Promise.all(
      topics.map(async (topic, lane) => {
        for (const round of upTo(ROUNDS)) {
          await publish(topic, round);
          await engine.receiver.waitForHits(`/${topic}`, round + 1, { timeoutMs: ARRIVES_WITHIN_MS });
          await moments[(lane + round) % moments.length]?.(topic);
        }
      }),
    );
  } finally {
    await lanes.stop();
  }
  for (const topic of topics) expect(arrived(topic)).toEqual(upTo(ROUNDS));
});

const REST = /^select .* from "lanes" where .*"epoch".* for update/i;
const ACCEPT = /^\s*WITH clock AS/;

const waitForWaiting = (statement: RegExp) => waitForBlocked(engine.installation.knex, statement, { timeoutMs: 5000 });

/** `meanwhile` is done while the row of an empty lane that is still awake is locked. @returns what was published before. */
async function whileLocked(lane: OrderedLane, meanwhile: (next: number) => Promise<void>): Promise<number> {
  for (let published = 1; ; published++) {
    await publish(lane.topic, published - 1);
    await waitForStates(engine.installation.knex, { ...lane, states: { delivered: published } });
    const trx = await engine.installation.knex.transaction();
    try {
      const row = await trx('lanes')
        .where({ subscription_id: lane.subscriptionId, topic: lane.topic })
        .forUpdate()
        .first('awake');
      if (row.awake) {
        await meanwhile(published);
        return published;
      }
    } finally {
      await trx.commit();
    }
  }
}

test.each(['a publish, then the lane going to rest', 'the lane going to rest, then a publish'])(
  'whoever gets the row first, the event arrives: %s',
  async (order) => {
    const isPublishFirst = order.startsWith('a publish');
    const lane = await subscribe(isPublishFirst ? 'before' : 'after');
    let accepted: Promise<unknown> | undefined;
    const published = await whileLocked(lane, async (next) => {
      if (!isPublishFirst) await waitForWaiting(REST);
      accepted = publish(lane.topic, next);
      // Its failure is seen when it is awaited.
      accepted.catch(() => undefined);
      await waitForWaiting(ACCEPT);
      await waitForWaiting(REST);
    });
    await accepted;
    await engine.receiver.waitForHits(`/${lane.topic}`, published + 1);
    expect(arrived(lane.topic)).toEqual(upTo(published + 1));
    await waitForLane(engine.installation.knex, lane, { state: 'idle', awake: false });
  },
);

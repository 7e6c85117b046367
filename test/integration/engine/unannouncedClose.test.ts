import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { OPERATOR, TENANT } from '../../support/engine';
import { type RawReceiver, startRawReceiver } from '../../support/rawReceiver';
import { deliveriesOf, laneOf, waitForStates } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(90_000);

const engine = useEngine();
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const EVENTS = 60;

const receivers: RawReceiver[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.stop();
});

async function receiverThat(answer: (socket: Socket) => void): Promise<RawReceiver> {
  const receiver = await startRawReceiver(answer);
  receivers.push(receiver);
  return receiver;
}

let topics = 0;

async function newTopic(): Promise<string> {
  const topic = `closing ${++topics}`;
  await engine.installation.knex('topics').insert({ topic, name: topic });
  return topic;
}

interface Wanted {
  topic: string;
  receiver: RawReceiver;
}

/** A repeat of the schedule would come after the end of the test. */
const subscribe = ({ topic, receiver }: Wanted, ordered: boolean): Promise<string> =>
  engine.node.subscribe({ callbackUrl: receiver.url, topics: [topic], retry: [3600], ordered });

/** An app has one registration: each call gives it this topic only. @returns the id of its subscription. */
async function registerDataPush({ topic, receiver }: Wanted): Promise<string> {
  const { dataPush } = engine.node.services;
  const call = { caller: OPERATOR, app: { tenantId: TENANT, appId: 'shop' }, topicList: [topic] };
  await dataPush.register({ ...call, webhookUrl: receiver.url });
  await dataPush.processHistory(call);
  const row = await engine.installation.knex('subscriptions').where({ interface: 'data-push' }).first('id');
  return row.id;
}

/** @param events of the topic, which nobody else publishes. */
async function expectAllByFirstAttempt(subscriptionId: string, topic: string, events: number): Promise<void> {
  const { knex } = engine.installation;
  await waitForStates(knex, { subscriptionId, topic, states: { delivered: events } });
  const rows = (await deliveriesOf(knex, subscriptionId)).filter((row) => row.topic === topic);
  expect(rows.map(({ attempt, failures }) => [attempt, failures])).toEqual(Array(events).fill([1, 0]));
}

/** Without repeats, as the last call of a connection that ends may be made twice. */
const inOrderOfArrival = ({ requests }: RawReceiver) => [
  ...new Set(requests.map(({ body }) => JSON.parse(body)).map(({ changes, data }) => (changes ?? data.changes)[0])),
];
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

/** The receivers of socket tutorials, of embedded devices, and of servers that keep connections for a moment. */
describe.each([0, 1, 5, 30])('a receiver that closes %i ms after each answer', (ms) => {
  let wanted: Wanted;
  beforeEach(async () => {
    const receiver = await receiverThat((socket) => {
      if (ms === 0) return void socket.end(OK);
      socket.write(OK);
      setTimeout(() => socket.end(), ms);
    });
    wanted = { receiver, topic: await newTopic() };
  });

  test('gets a burst, each by its first attempt', async () => {
    const { topic } = wanted;
    const id = await subscribe(wanted, false);
    await Promise.all(upTo(EVENTS).map(() => engine.node.publish({ topic })));
    await expectAllByFirstAttempt(id, topic, EVENTS);
    // On a busy machine a burst may wait behind the lane, which still runs then.
    expect((await laneOf(engine.installation.knex, id))?.state).not.toBe('sick');
  });

  test.each([
    ['an ordered lane', (of: Wanted) => subscribe(of, true)],
    ['a push task of data push', registerDataPush],
  ] as const)('gets %s, each by its first attempt, in order', async (_, subscribeTo) => {
    const { topic, receiver } = wanted;
    const id = await subscribeTo(wanted);
    for (const n of upTo(EVENTS)) await engine.node.publish({ topic, changes: `[${n}]` });
    await expectAllByFirstAttempt(id, topic, EVENTS);
    expect(inOrderOfArrival(receiver)).toEqual(upTo(EVENTS));
  });
});

/** The second is what gunicorn does unless told otherwise. */
test.each([
  [500, 13],
  [2000, 5],
])('receivers that close what is idle for %i ms get each of %i events around that moment', async (idleMs, events) => {
  const topic = await newTopic();
  const own = async () => ({
    topic,
    receiver: await receiverThat((socket) => {
      socket.write(OK);
      socket.setTimeout(idleMs, () => socket.end());
    }),
  });
  const [independent, ordered, dataPush] = [await own(), await own(), await own()];
  const ids = [await subscribe(independent, false), await subscribe(ordered, true), await registerDataPush(dataPush)];
  for (const n of upTo(events)) {
    await engine.node.publish({ topic, changes: `[${n}]` });
    await sleep(idleMs - 6 + n);
  }
  for (const id of ids) await expectAllByFirstAttempt(id, topic, events);
  for (const { receiver } of [ordered, dataPush]) expect(inOrderOfArrival(receiver)).toEqual(upTo(events));
});

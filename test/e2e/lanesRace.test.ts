import { waitFor } from '../../src/embedded/processes';
import { makeAccount, must } from '../support/api';
import { createTestDatabase, type TestDatabase } from '../support/postgres';
import { externalServers, newDataDir, type Product, startProduct } from '../support/product';
import { type Hit, type Receiver, startReceiver } from '../support/receiver';
import { takeNamespace } from '../support/temporal';
import { arrivedPlaces, expectPublishersOrder, places, publishInTurns } from './lanesSetup';

jest.setTimeout(180_000);

const TOPICS = 6;
const PUBLISHERS = 10;
const EVENTS = 200;
/** How often a topic's history is said to be processed, each on a connection of its own. */
const TELLERS = 10;

let database: TestDatabase;
let receiver: Receiver;
let products: Product[];

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  const dataDir = newDataDir();
  const first = await startProduct({ dataDir, env });
  products = [first, await startProduct({ dataDir, env })];
});

afterAll(async () => {
  for (const product of products ?? []) await product.stop();
  await receiver?.stop();
  await database?.drop();
});

const bodyOf = ({ body }: Hit): { topic: string; eventKey: string } => JSON.parse(body);

test('publishes and historyProcessed race on many connections to two processes: all, in order, none early, none twice', async () => {
  const [first, second] = products;
  if (!first || !second) throw new Error('not started');
  const account = await makeAccount(first);
  const { tenantId, appId, operator, producer, subscriber } = account;
  const app = { tenantId, appId };
  const topics = places(TOPICS).map((number) => `${account.topic}-${number}`);
  for (const topic of topics) await must(operator, 'PUT', `/v1/topics/${topic}`, { name: topic });
  const registered = await must(subscriber, 'POST', '/topics/subscribe', {
    ...app,
    webhookUrl: receiver.url('/push'),
    topicList: topics,
  });
  expect(registered.topicHistoryStatusList).toEqual(topics.map((topic) => ({ topic, historyStatus: false })));
  const [{ id: subscriptionId }] = (await must(subscriber, 'GET', '/v1/subscriptions')).data;

  const arrived = (topic: string) => receiver.hits('/push').filter((hit) => bodyOf(hit).topic === topic);
  const both = <T extends object>(caller: T) => [first, second].map(({ url }) => ({ ...caller, url }));
  const producers = places(PUBLISHERS / 2).flatMap(() => both(producer));
  const tellers = places(TELLERS / 2).flatMap(() => both(subscriber));
  const early: Hit[] = [];

  /** Its history is processed at a moment of its own, while its events come in. */
  async function race(topic: string, index: number): Promise<void> {
    const toldAt = Math.round(((index + 1) / (TOPICS + 1)) * EVENTS);
    let told: Promise<unknown> = Promise.resolve();
    await publishInTurns(producers, {
      topic,
      count: EVENTS,
      onTurn(answered) {
        if (answered !== toldAt) return;
        early.push(...arrived(topic));
        const body = { ...app, topicList: [topic] };
        told = Promise.all(tellers.map((teller) => must(teller, 'POST', '/topics/historyProcessed', body)));
      },
    });
    await told;
  }
  await Promise.all(topics.map(race));

  const count = () => receiver.hits('/push').length;
  expect(await waitFor({ condition: async () => count() >= TOPICS * EVENTS, timeoutMs: 60_000 })).toBe(true);
  const areIdle = async () => {
    const lanes: { state: string }[] = (await must(subscriber, 'GET', '/v1/lanes')).data;
    return lanes.length === TOPICS && lanes.every(({ state }) => state === 'idle');
  };
  expect(await waitFor({ condition: areIdle, timeoutMs: 30_000 })).toBe(true);
  expect(early).toEqual([]);
  for (const topic of topics) {
    const hits = arrived(topic);
    const came = await arrivedPlaces(hits, { databaseUrl: database.url, subscriptionId, topic });
    expect([topic, ...came]).toEqual([topic, ...places(EVENTS)]);
    expectPublishersOrder(hits.map((hit) => bodyOf(hit).eventKey));
  }
});

import type { Socket } from 'node:net';
import { type RawReceiver, startRawReceiver } from '../../support/rawReceiver';
import { deliveriesOf, laneOf, waitForStates } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(90_000);

const engine = useEngine();
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const EVENTS = 60;

let receiver: RawReceiver;
afterEach(() => receiver.stop());

let topics = 0;

/** A repeat of the schedule would come after the end of the test. */
async function subscribe(ordered: boolean) {
  const topic = `closing ${++topics}`;
  const { installation, node } = engine;
  await installation.knex('topics').insert({ topic, name: topic });
  return { topic, id: await node.subscribe({ callbackUrl: receiver.url, topics: [topic], retry: [3600], ordered }) };
}

async function expectAllDeliveredAtOnce(subscriptionId: string): Promise<void> {
  const { knex } = engine.installation;
  await waitForStates(knex, { subscriptionId, states: { delivered: EVENTS } });
  const rows = await deliveriesOf(knex, subscriptionId);
  expect(rows.map(({ attempt, failures }) => [attempt, failures])).toEqual(Array(EVENTS).fill([1, 0]));
}

/** The receivers of socket tutorials, of embedded devices, and of servers that keep connections for a moment. */
describe.each([0, 1, 5, 30])('a receiver that closes %i ms after each answer', (ms) => {
  beforeEach(async () => {
    receiver = await startRawReceiver((socket: Socket) => {
      if (ms === 0) return void socket.end(OK);
      socket.write(OK);
      setTimeout(() => socket.end(), ms);
    });
  });

  test('gets a burst, each by its first attempt', async () => {
    const { id, topic } = await subscribe(false);
    await Promise.all(Array.from({ length: EVENTS }, () => engine.node.publish({ topic })));
    await expectAllDeliveredAtOnce(id);
    // On a busy machine a burst may wait behind the lane, which still runs then.
    expect((await laneOf(engine.installation.knex, id))?.state).not.toBe('sick');
  });

  test('gets an ordered lane, each by its first attempt, in order', async () => {
    const { id, topic } = await subscribe(true);
    for (let n = 0; n < EVENTS; n += 1) await engine.node.publish({ topic, changes: `[${n}]` });
    await expectAllDeliveredAtOnce(id);
    const arrived = receiver.requests.map(({ body }) => JSON.parse(body).data.changes[0]);
    expect([...new Set(arrived)]).toEqual(Array.from({ length: EVENTS }, (_, n) => n));
  });
});

import { createServer } from 'node:net';
import { waitFor } from '../../support/engine';
import type { Misbehaviour } from '../../support/receiver';
import { attemptsOf, deliveriesOf, waitForDelivery, waitForStates } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(60_000);

const TIMEOUT_MS = 1500;

const engine = useEngine();

let topics = 0;

/** One event, one attempt. @returns the delivery and its attempt, once it is finished. */
async function deliverTo(callbackUrl: string) {
  const topic = `topic ${++topics}`;
  await engine.installation.knex('topics').insert({ topic, name: topic });
  const subscriptionId = await engine.node.subscribe({
    callbackUrl,
    topics: [topic],
    retry: [],
    timeoutMs: TIMEOUT_MS,
  });
  await engine.node.publish({ topic });
  const delivery = await waitFor(
    async () => (await deliveriesOf(engine.installation.knex, subscriptionId)).find(({ state }) => state !== 'pending'),
    { what: `an end of the delivery to ${callbackUrl}`, timeoutMs: TIMEOUT_MS + 5000 },
  );
  const attempts = await attemptsOf(engine.installation.knex, delivery.id);
  expect(attempts).toHaveLength(1);
  const [attempt] = attempts;
  if (!attempt) throw new Error('no attempt on record');
  return { delivery, attempt };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

const FAILING: [Misbehaviour, RegExp, number | null][] = [
  ['reset', /reset|closed/, null],
  ['hang', /within 1500 ms.*waiting for the answer/, null],
  ['drip', /no complete answer within 1500 ms.*reading the answer/, 200],
  ['resetMidBody', /reset|ended before/, 200],
  ['garbage', /is not HTTP/, null],
  ['headerFlood', /header of the answer is too large/, 200],
  ['switchProtocols', /another protocol/, 101],
];

test.each(FAILING)('%s is a failed attempt that says what happened', async (behaviour, error, statusCode) => {
  engine.receiver.on(`/${behaviour}`, behaviour);
  const { delivery, attempt } = await deliverTo(engine.receiver.url(`/${behaviour}`));
  expect(delivery).toMatchObject({ state: 'failed', reason: 'retries_exhausted', attempt: 1 });
  expect(attempt).toMatchObject({ status_code: statusCode, error: expect.stringMatching(error) });
});

test('a redirect is not followed', async () => {
  engine.receiver.on('/redirect', { status: 302, headers: { location: engine.receiver.url('/elsewhere') } });
  const { delivery, attempt } = await deliverTo(engine.receiver.url('/redirect'));
  expect(delivery.state).toBe('failed');
  const error = `redirects are not followed, it points to ${engine.receiver.url('/elsewhere')}`;
  expect(attempt).toMatchObject({ status_code: 302, fault: 'redirected', error });
  expect(engine.receiver.hits('/elsewhere')).toHaveLength(0);
});

test('nobody listening', async () => {
  const { attempt } = await deliverTo(`http://127.0.0.1:${await freePort()}/hook`);
  expect(attempt).toMatchObject({ status_code: null, error: expect.stringMatching(/refused/i) });
});

test('a name that nobody has', async () => {
  const { attempt } = await deliverTo('http://nobody.invalid/hook');
  expect(attempt).toMatchObject({ status_code: null, error: expect.stringMatching(/nobody\.invalid/) });
});

test('an address that may not be called is refused at the attempt too', async () => {
  const topic = 'forbidden';
  await engine.installation.knex('topics').insert({ topic, name: topic });
  const subscriptionId = await engine.node.subscribe({
    callbackUrl: engine.receiver.url('/hook'),
    topics: [topic],
    retry: [],
  });
  await engine.installation
    .knex('subscriptions')
    .where({ id: subscriptionId })
    .update({
      callback_url: 'http://169.254.169.254/latest/meta-data',
      version: engine.installation.knex.raw('version + 1'),
    });
  await engine.node.publish({ topic });
  const { id } = await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'failed' });
  expect(await attemptsOf(engine.installation.knex, id)).toMatchObject([
    { status_code: null, error: expect.stringMatching(/cloud metadata address/) },
  ]);
});

test.each([
  ['a body that is not what anybody asked for', { body: '<html>\u0000\ufffe garbage' }],
  ['bytes that are not text', { body: Buffer.from([0, 0xff, 0xfe, 0xc3, 0x28, 0]) }],
])('200 with %s acknowledges', async (_, reply) => {
  engine.receiver.on('/odd', reply);
  const { delivery, attempt } = await deliverTo(engine.receiver.url('/odd'));
  expect(delivery.state).toBe('delivered');
  expect(attempt).toMatchObject({ status_code: 200, error: null });
});

test.each(['endless', 'gzipBomb'] as const)(
  '200 with a body that is %s acknowledges, and is not read to its end',
  async (behaviour) => {
    engine.receiver.on(`/${behaviour}`, behaviour);
    const { delivery } = await deliverTo(engine.receiver.url(`/${behaviour}`));
    expect(delivery.state).toBe('delivered');
  },
);

test('beside all of them an ordinary subscription is not delayed', async () => {
  const bad: Misbehaviour[] = ['hang', 'drip', 'endless', 'reset', 'garbage', 'headerFlood'];
  await engine.installation.knex('topics').insert([
    { topic: 'mixed', name: 'mixed' },
    { topic: 'plain', name: 'plain' },
  ]);
  for (const behaviour of bad) {
    engine.receiver.on(`/mixed-${behaviour}`, behaviour);
    await engine.node.subscribe({
      callbackUrl: engine.receiver.url(`/mixed-${behaviour}`),
      topics: ['mixed'],
      retry: [],
      timeoutMs: 30_000,
    });
  }
  const ordinary = await engine.node.subscribe({
    callbackUrl: engine.receiver.url('/ordinary'),
    topics: ['mixed', 'plain'],
  });
  await Promise.all(Array.from({ length: 20 }, () => engine.node.publish({ topic: 'mixed' })));
  await engine.receiver.waitForHits('/mixed-hang', 10);
  await engine.node.publish({ topic: 'plain' });
  await waitForStates(engine.installation.knex, { subscriptionId: ordinary, states: { delivered: 21 } });
  // Those that hang hang still: nobody waited for them.
  const hanging = await engine.installation
    .knex('subscriptions')
    .where({ callback_url: engine.receiver.url('/mixed-hang') })
    .first();
  const attempted = (await deliveriesOf(engine.installation.knex, hanging.id)).map(({ id }) =>
    attemptsOf(engine.installation.knex, id),
  );
  expect((await Promise.all(attempted)).flat()).toEqual([]);
});

import { createNameLookup, type NameLookup } from '../../../src/outbound/names/nameLookup';
import type { Caller } from '../../../src/services/caller';
import { startDnsServer } from '../../support/dnsServer';
import { type Installation, startInstallation, TENANT, waitFor } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { attemptsOf, deliveriesOf, makeOverdue, waitForDelivery } from './rows';
import { deliveryWorkflow } from './workflows';

jest.setTimeout(120_000);

/** The tenant `acme` takes all that it can; `rival` must not notice. */
const VICTIM = 'rival';
const EVENTS = 24;
const PINGER: Caller = { keyId: 'pinger', tenantId: TENANT, appId: 'shop', roles: ['subscriber'], subject: null };

let installation: Installation;
let node: Awaited<ReturnType<Installation['startNode']>>;
let receiver: Receiver;

beforeEach(async () => {
  installation = await startInstallation();
  node = await installation.startNode();
  receiver = await startReceiver();
  receiver.on('/hang', 'hang');
});
afterEach(async () => {
  // What hangs ends with its connection.
  await receiver?.stop();
  await installation?.stop();
});

/** The victim's subscription at the shared host gets every event at the first attempt, while the others still hang. */
async function expectVictimUnharmed({
  subscriptionId,
  path,
  publisher = node,
}: {
  subscriptionId: string;
  path: string;
  publisher?: typeof node;
}) {
  await Promise.all(Array.from({ length: EVENTS }, () => publisher.publish({ tenantId: VICTIM, topic: 'hs' })));
  await receiver.waitForHits(path, EVENTS, { timeoutMs: 5_000 });
  const attempts = await waitFor(
    async () => {
      const rows = await installation
        .knex('attempts')
        .join('deliveries', 'deliveries.id', 'attempts.delivery_id')
        .where({ subscription_id: subscriptionId })
        .select('number', 'status_code', 'error');
      return rows.length >= EVENTS ? rows : undefined;
    },
    { what: `${EVENTS} attempts` },
  );
  expect(attempts).toEqual(Array(EVENTS).fill({ number: 1, status_code: 200, error: null }));
  expect(await installation.knex('lanes').where({ subscription_id: subscriptionId, state: 'sick' })).toEqual([]);
}

test('four subscriptions that hang with a hundred calls each leave their host to another tenant', async () => {
  const hanging = await Promise.all(
    Array.from({ length: 4 }, () =>
      node.subscribe({ callbackUrl: receiver.url('/hang'), maxInFlight: 100, timeoutMs: 30_000, retry: [] }),
    ),
  );
  const path = '/victim';
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url(path), topics: ['hs'], tenantId: VICTIM });
  await Promise.all(Array.from({ length: 150 }, () => node.publish({ topic: 'gs' })));
  await receiver.waitForHits('/hang', 150, { timeoutMs: 20_000 });

  await expectVictimUnharmed({ subscriptionId, path });
  const hung = await installation
    .knex('attempts')
    .join('deliveries', 'deliveries.id', 'attempts.delivery_id')
    .whereIn('subscription_id', hanging)
    .select('error');
  expect(hung).toEqual([]);
});

test('three hundred held pings take no connection from deliveries to the same host', async () => {
  const path = '/victim';
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url(path), topics: ['hs'], tenantId: VICTIM });
  const pings = Array.from({ length: 300 }, () =>
    node.services.cmdb
      .ping({ caller: PINGER, callbackUrl: receiver.url('/hang'), data: '{}' })
      .catch((error: unknown) => error),
  );
  await receiver.waitForHits('/hang', 30, { timeoutMs: 10_000 });
  await expectVictimUnharmed({ subscriptionId, path });
  await receiver.stop();
  await Promise.all(pings);
});

test('an ordered lane of another tenant pushes on beside them', async () => {
  for (let i = 0; i < 4; i++) {
    await node.subscribe({ callbackUrl: receiver.url('/hang'), maxInFlight: 100, timeoutMs: 30_000, retry: [] });
  }
  const path = '/victim';
  const callbackUrl = receiver.url(path);
  const subscriptionId = await node.subscribe({ callbackUrl, topics: ['hs'], tenantId: VICTIM, ordered: true });
  await Promise.all(Array.from({ length: 150 }, () => node.publish({ topic: 'gs' })));
  await receiver.waitForHits('/hang', 150, { timeoutMs: 20_000 });
  await expectVictimUnharmed({ subscriptionId, path });
});

test('forty names whose server is silent keep no look-up from another tenant', async () => {
  const dns = await startDnsServer();
  await node.stop();
  const asking = await installation.startNode({ lookup: createNameLookup({ servers: [dns.address] }) });
  dns.on('victim.test', { a: ['127.0.0.1'] });
  for (let i = 0; i < 40; i++) {
    dns.on(`silent${i}.test`, 'silent');
    await asking.subscribe({ callbackUrl: `http://silent${i}.test/`, timeoutMs: 30_000, retry: [] });
  }
  const path = '/victim';
  const callbackUrl = receiver.url(path, 'victim.test');
  const subscriptionId = await asking.subscribe({ callbackUrl, topics: ['hs'], tenantId: VICTIM });
  await asking.publish({ topic: 'gs' });
  await dns.waitForNames(20);
  await expectVictimUnharmed({ subscriptionId, path, publisher: asking });
  await asking.stop();
  await dns.stop();
});

test('a turn that does not come uses up no attempt, and the delivery goes out later', async () => {
  let isCrowded = true;
  const lookup: NameLookup = (_hostname, { onWaiting }, done) => {
    if (isCrowded) onWaiting('a turn');
    else done(null, [{ address: '127.0.0.1', family: 4 }]);
  };
  await node.stop();
  const crowded = await installation.startNode({ lookup });
  const callbackUrl = receiver.url('/hook', 'queued.test');
  const subscriptionId = await crowded.subscribe({ callbackUrl, topics: ['hs'], retry: [] });
  await crowded.publish({ topic: 'hs' });
  const inFlight = async () => (await crowded.metrics.attemptsInFlight.get()).values[0]?.value;
  await waitFor(async () => (await inFlight()) === 1 || undefined, { what: 'an attempt under way' });
  await waitFor(async () => (await inFlight()) === 0 || undefined, { what: 'its end' });
  const [delivery] = await deliveriesOf(installation.knex, subscriptionId);
  expect(delivery).toMatchObject({ state: 'pending', failures: 0 });
  expect(await attemptsOf(installation.knex, delivery?.id as string)).toEqual([]);

  isCrowded = false;
  await makeOverdue(installation.knex, subscriptionId);
  await crowded.client.workflow.getHandle(deliveryWorkflow(delivery?.id ?? '', { topic: 'hs' })).signal('attemptEnded');
  await waitForDelivery(installation.knex, { subscriptionId, state: 'delivered', failures: 0 });
});

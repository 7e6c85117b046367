import { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../../src/contracts/searchAttributes';
import { waitFor } from '../../src/embedded/processes';
import { type Account, call, makeAccount, makeSubscription, publish } from '../support/api';
import { createTestDatabase } from '../support/postgres';
import { externalServers, type Product, startProduct } from '../support/product';
import { type Receiver, startReceiver } from '../support/receiver';
import { startRestrictedTemporal } from '../support/restrictedTemporal';
import { makeOrderedLane } from './lanesSetup';
import { query, registerNamespace, withTemporal } from './topologySetup';

jest.setTimeout(240_000);

const NAMES = Object.keys(SEARCH_ATTRIBUTES);
const EVENTS = 20;

let namespace: string;
let restricted: Awaited<ReturnType<typeof startRestrictedTemporal>>;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let product: Product;
let receiver: Receiver;
let account: Account;

beforeAll(async () => {
  namespace = await registerNamespace();
  restricted = await startRestrictedTemporal({ refused: ['/AddSearchAttributes'] });
  database = await createTestDatabase();
  const env = externalServers({ databaseUrl: database.url, namespace });
  product = await startProduct({ env: { ...env, TEMPORAL_ADDRESS: restricted.address } });
  receiver = await startReceiver();
  account = await makeAccount(product);
});

afterAll(async () => {
  await product?.stop();
  await receiver?.stop();
  await restricted?.stop();
  await database?.drop();
});

const readyz = () => call({ url: product.url, key: product.operatorKey }, 'GET', '/readyz');
const metrics = async () => (await fetch(`${product.url}/metrics`)).text();

test('a namespace without the attributes, and a key that may not add them: 60 deliveries are all delivered', async () => {
  receiver.on('/fails', (hit) => ({ status: hit <= EVENTS ? 400 : 200 }));
  receiver.on('/lane', (hit) => ({ status: hit === 1 ? 500 : 200 }));
  await makeSubscription(account, { callbackUrl: receiver.url('/plain') });
  await makeSubscription(account, { callbackUrl: receiver.url('/fails'), retry: [1, 1, 1, 1] });
  await makeOrderedLane(account, { callbackUrl: receiver.url('/lane'), retry: [1, 1] });
  for (let event = 0; event < EVENTS; event++) await publish(account);

  const states = () =>
    query<{ state: string; count: number }>(
      database.url,
      'SELECT state, count(*)::int AS count FROM deliveries GROUP BY state ORDER BY state',
    );
  const areDelivered = async () => JSON.stringify(await states()) === '[{"state":"delivered","count":60}]';
  await waitFor({ condition: areDelivered, timeoutMs: 120_000 });
  expect(await states()).toEqual([{ state: 'delivered', count: 3 * EVENTS }]);
});

test('what an administrator has to do is said on /readyz, by a metric and by one line of the log', async () => {
  const { status, body } = await readyz();
  expect([status, body.ok, body.degraded]).toEqual([200, true, ['searchAttributes']]);
  const command = NAMES.map((name) => `--name ${name} --type ${name === 'Attempt' ? 'Int' : 'Keyword'}`).join(' ');
  expect(body.searchAttributes.detail).toContain(
    `temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" ${command}`,
  );
  expect(await metrics()).toContain(`postrider_temporal_search_attributes_missing ${NAMES.length}`);
  const said = product.lines.filter(({ level }) => Number(level) >= 40);
  expect(said).toEqual([
    expect.objectContaining({ event: 'temporal.search_attributes_missing', namespace, missing: NAMES }),
  ]);
});

test('attributes that an administrator adds are used without a restart', async () => {
  // IndexedValueType: 2 is Keyword, 3 is Int.
  const searchAttributes = Object.fromEntries(NAMES.map((name) => [name, name === 'Attempt' ? 3 : 2]));
  await withTemporal(({ operatorService }) => operatorService.addSearchAttributes({ namespace, searchAttributes }));
  const isWhole = async () => (await readyz()).body.degraded.length === 0;
  expect(await waitFor({ condition: isWhole, timeoutMs: 90_000 })).toBe(true);
  expect(await metrics()).toContain('postrider_temporal_search_attributes_missing 0');
  const isListed = async () => {
    await publish(account);
    const query = `TenantId = '${account.tenantId}'`;
    const { count } = await withTemporal((connection) => new Client({ connection, namespace }).workflow.count(query));
    return count > 0;
  };
  expect(await waitFor({ condition: isListed, timeoutMs: 30_000, intervalMs: 500 })).toBe(true);
});

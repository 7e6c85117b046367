import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { listeningPorts } from '../../src/embedded/listeningPorts';
import { type Account, listDeliveries, makeAccount, must } from '../support/api';
import { waitFor } from '../support/engine';
import { createTestDatabase } from '../support/postgres';
import { embeddedServers, externalServers, type Product, startProduct } from '../support/product';
import { type Receiver, startReceiver } from '../support/receiver';
import { takeNamespace, temporalAddress } from '../support/temporal';

const FROZEN = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen';
const TERM = '18926ba9-4a93-429d-ae63-27836af5d366';
const JSON_API = { 'content-type': 'application/vnd.api+json' };

/** A product with loopback allowed, and the ports of all servers of its own. */
export interface Installation {
  product: Product;
  receiver: Receiver;
  databaseUrl: string;
  ports: number[];
  stop(): Promise<void>;
}

const portOf = (url: string) => Number(new URL(url).port);

/** Everything embedded: PostgreSQL, and Temporal with every port that its process listens on. */
export async function startEmbedded(): Promise<Installation> {
  const product = await startProduct();
  const receiver = await startReceiver();
  const { pids, databaseUrl } = embeddedServers(product.dataDir);
  const known = JSON.parse(readFileSync(join(product.dataDir, 'temporal', 'ports.json'), 'utf8'));
  const ofTemporal = await listeningPorts(pids[0] ?? 0);
  expect(ofTemporal).toEqual(expect.arrayContaining(Object.values(known)));
  const ports = [...new Set([portOf(product.url), portOf(databaseUrl), ...ofTemporal])];
  return {
    ...{ product, receiver, databaseUrl, ports },
    async stop() {
      await product.stop();
      await receiver.stop();
    },
  };
}

/** PostgreSQL and Temporal are the jest run's; a third server of the installation is named in EGRESS_DENY. */
export async function startExternal(): Promise<Installation> {
  const database = await createTestDatabase();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  const named = await startReceiver();
  const product = await startProduct({ env: { ...env, EGRESS_DENY: `localhost:${named.port}` } }).catch(
    async (error) => {
      await named.stop();
      throw error;
    },
  );
  const receiver = await startReceiver();
  const ports = [portOf(product.url), portOf(database.url), portOf(`http://${temporalAddress()}`), named.port];
  return {
    ...{ product, receiver, databaseUrl: database.url, ports },
    async stop() {
      await product.stop();
      await database.drop();
      await receiver.stop();
      const { seen } = named.connections();
      await named.stop();
      expect(seen).toBe(0);
    },
  };
}

/** One subscription of each interface, to a receiver that acknowledges everything. */
async function subscribeEverywhere({ receiver }: Installation, account: Account): Promise<void> {
  const { operator, subscriber, tenantId, appId, topic } = account;
  receiver.on('/all', { body: '{"errcode":"0"}' });
  const callbackUrl = receiver.url('/all');
  await must(subscriber, 'POST', '/v1/subscriptions', { callbackUrl, topics: [topic] });
  await must(subscriber, 'POST', '/topics/subscribe', { tenantId, appId, webhookUrl: callbackUrl, topicList: [topic] });
  await must(subscriber, 'POST', `/api/v3/event/subscribe/${tenantId}/2`, {
    ...{ subscription_name: 'all', system_name: 'system', callback_url: callbackUrl, subscription_form: 'hostcreate' },
    ...{ confirm_mode: 'httpstatus', confirm_pattern: '200', timeout: 10 },
  });
  await must(subscriber, 'POST', '/gateway/callbacks', { eventTag: FROZEN, callbackUrl });
  await must(operator, 'PATCH', `/v1/apps/${tenantId}/${appId}`, { callbackUrl });
  await must(operator, 'PUT', '/v1/target-types/7', { name: 'News', uuid: TERM });
  const user = await must(operator, 'POST', '/v1/keys', { tenantId, appId, roles: ['subscriber'], subject: 'ada' });
  const type = { data: { type: 'taxonomy_term--subscription_target_type', id: TERM } };
  await must(
    { url: operator.url, key: user.key },
    'POST',
    '/portal/api/v2/subscription/subscription',
    {
      data: {
        type: 'subscription--subscription',
        attributes: { target_id: 'page', action: 'collection', title: 'Page' },
        relationships: { target_type: type },
      },
    },
    JSON_API,
  );
}

/** @returns an attempt of each interface at this URL, which is written past the API: as one that was allowed before. */
export async function deliverEverywhere(
  installation: Installation,
  callbackUrl: string,
): Promise<{ statusCode: number | null; error: string | null }[]> {
  const account = await makeAccount(installation.product);
  await subscribeEverywhere(installation, account);
  const client = new Client({ connectionString: installation.databaseUrl });
  await client.connect();
  const moved = 'UPDATE subscriptions SET callback_url = $1, version = version + 1 WHERE tenant_id = $2';
  const { rowCount } = await client.query(moved, [callbackUrl, account.tenantId]);
  await client.end();
  expect(rowCount).toBe(5);
  const { tenantId, appId, topic } = account;
  await must(account.subscriber, 'POST', '/topics/historyProcessed', { tenantId, appId, topicList: [topic] });
  for (const [event_topic, event_type] of [
    [topic, 'changed'],
    ['host', 'create'],
    ['MOZI_BUC_ACCOUNT_MODIFY_REALM', 'frozen'],
    ['7', 'collection'],
  ]) {
    const event = { event_source: 'test', event_topic, event_type, event_status: '1', changes: [{ id: 1 }, 'page'] };
    await must(account.producer, 'POST', '/api/publish', event);
  }
  let seen: Record<string, unknown>[] = [];
  return waitFor(
    async () => {
      seen = await listDeliveries(account);
      const attempts = seen.map(({ attempts }) => (attempts as { statusCode: number; error: string }[])[0]);
      const made = attempts.filter((attempt) => attempt !== undefined);
      return made.length === 5 ? made : undefined;
    },
    { what: () => `five attempts at ${callbackUrl}: ${JSON.stringify(seen)}`, timeoutMs: 150_000 },
  );
}

import { hostname, networkInterfaces } from 'node:os';
import { checkCallbackUrl } from '../../../src/outbound/callbackUrl';
import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { type Installation, OPERATOR, startInstallation, TENANT, waitFor } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';

jest.setTimeout(60_000);

/** With EGRESS_ALLOW empty: nobody who listens here may see so much as a connection. */
let installation: Installation;
let node: Awaited<ReturnType<Installation['startNode']>>;
let sentinels: Receiver[];

const own = Object.values(networkInterfaces()).flatMap((addresses = []) =>
  addresses.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address),
);

beforeAll(async () => {
  installation = await startInstallation();
  node = await installation.startNode({ egressAllow: [] });
  const loopback = await startReceiver();
  sentinels = [loopback];
  const { port } = loopback;
  // On the same port, so that one URL's port fits them all; a machine may have no IPv6.
  for (const host of ['::1', ...own]) {
    const sentinel = await startReceiver({ host, port }).catch(() => null);
    if (sentinel) sentinels.push(sentinel);
  }
});
afterAll(async () => {
  await node?.stop();
  await installation?.stop();
  for (const sentinel of sentinels) await sentinel.stop();
});
afterEach(() => {
  for (const sentinel of sentinels)
    expect({ ...sentinel.connections(), at: sentinel.url('/') }).toMatchObject({ seen: 0 });
});

const bracketed = (address: string) => (address.includes(':') ? `[${address}]` : address);
const urlTo = (host: string, scheme = 'http') => `${scheme}://${host}:${sentinels[0]?.port}/hook`;

/** Every way to write a forbidden address that a URL can hold, and names that have one. */
const LITERALS = [
  ...['127.0.0.1', '127.1', '127.0.0.1.', '2130706433', '0x7f.1', '0x7f000001', '017700000001', '0177.0.0.1'],
  ...['0', '0.0.0.0', '127%2e0.0.1', '１２７.0.0.1', '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]'],
  ...['[::ffff:7f00:1]', '[::127.0.0.1]', '[::ffff:0:7f00:1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '[2001::1]'],
  ...own.map(bracketed),
];
const NAMES = ['localhost', 'LocalHost', 'localhost.', hostname()];

test('there is a sentinel on loopback and on an address that is not', () => {
  expect(sentinels.length).toBeGreaterThanOrEqual(2);
});

describe('deliveries, through the engine', () => {
  /** Written past the API, as one that was made while EGRESS_ALLOW still allowed it. */
  async function deliver(callbackUrl: string) {
    const id = await node.subscribe({ callbackUrl: 'https://hooks.example/', retry: [], topics: ['hs'] });
    await installation.knex('subscriptions').where({ id }).update({ callback_url: callbackUrl, version: 2 });
    await node.publish({ topic: 'hs' });
    const attempt = await waitFor<{ error: string; status_code: number | null; state: string }>(
      () =>
        installation
          .knex('attempts')
          .join('deliveries', 'deliveries.id', 'attempts.delivery_id')
          .where({ subscription_id: id })
          .first('error', 'status_code', 'state'),
      { what: `an attempt at ${callbackUrl}` },
    );
    await node.deleteSubscription(id);
    return attempt;
  }

  test.each(['127.0.0.1', '[::1]', '2130706433', '[::ffff:7f00:1]', ...own.map(bracketed)])(
    'a subscription that calls %s fails visibly, and calls nobody',
    async (host) => {
      expect(await deliver(urlTo(host))).toMatchObject({
        status_code: null,
        state: 'failed',
        error: expect.stringContaining('may not be called'),
      });
    },
  );

  test.each(NAMES)('a subscription that calls the name %s', async (host) => {
    // Some resolvers do not know a name with its dot, or this machine's own.
    expect(await deliver(urlTo(host))).toMatchObject({
      status_code: null,
      error: expect.stringMatching(/may not be called|does not resolve/),
    });
  });

  test('https is no way round', async () => {
    expect((await deliver(urlTo('127.0.0.1', 'https'))).error).toContain('loopback');
  });
});

describe('what is registered', () => {
  test.each(LITERALS)('a subscription, and an app, with the callback %s are refused', async (host) => {
    const callbackUrl = urlTo(host);
    await expect(node.subscribe({ callbackUrl })).rejects.toMatchObject({ status: 400 });
    const app = { tenantId: TENANT, id: 'pawn', name: 'Pawn', callbackUrl };
    await expect(node.services.apps.create(OPERATOR, app)).rejects.toMatchObject({ status: 400 });
    const change = node.services.apps.change(OPERATOR, { tenantId: TENANT, appId: 'shop' }, { callbackUrl });
    await expect(change).rejects.toMatchObject({ status: 400 });
    expect(await installation.knex('apps').whereNotNull('callback_url')).toEqual([]);
  });
});

describe('calls that are no deliveries', () => {
  test.each([...LITERALS, ...NAMES])('neither a post nor a connection to %s', async (host) => {
    for (const scheme of ['http', 'https']) {
      const url = urlTo(host, scheme);
      const answer = await node.http.post({ url, headers: {}, body: 'x', timeoutMs: 5_000 });
      expect(answer.statusCode).toBeNull();
      expect(answer.error).toMatch(/may not be called|does not resolve/);
      expect((await node.http.connect({ url, timeoutMs: 5_000 }))?.error).toBe(answer.error);
    }
  });

  test.each([
    ['http://user:secret@127.0.0.1/', 'user name'],
    ['http://127.0.0.1:0/', 'port'],
    ['ftp://127.0.0.1/', 'http or https'],
    ['file:///etc/passwd', 'http or https'],
    ['http://127.0.0.1\r\n/', 'control character'],
    ['http:127.0.0.1', 'http or https'],
  ])('%j is no URL to call: %s', async (url, reason) => {
    const answer = await node.http.post({ url, headers: {}, body: 'x', timeoutMs: 5_000 });
    expect(answer).toMatchObject({ statusCode: null, error: expect.stringContaining(reason) });
    expect((await node.http.connect({ url, timeoutMs: 5_000 }))?.error).toContain(reason);
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});

test('cloud metadata cannot be allowed, whatever EGRESS_ALLOW says', async () => {
  const everything = createEgressPolicy({ allow: ['0.0.0.0/0', '::/0', '169.254.169.254/32', 'fd00:ec2::254/128'] });
  for (const host of ['169.254.169.254', '2852039166', '0xa9fea9fe', '0251.0376.0251.0376', '[::ffff:a9fe:a9fe]']) {
    expect(() => checkCallbackUrl(`http://${host}/latest/meta-data`, everything)).toThrow('cloud metadata');
  }
  expect(() => checkCallbackUrl('http://[fd00:ec2::254]/latest/meta-data', everything)).toThrow('cloud metadata');
});

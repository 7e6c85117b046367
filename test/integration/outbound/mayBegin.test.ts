import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import type { DnsLookup } from '../../../src/outbound/guardedLookup';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../../src/outbound/httpClient';
import { type Receiver, startReceiver } from '../../support/receiver';

const egress = createEgressPolicy({ allow: ['127.0.0.0/8'] });
const WITHHELD = { statusCode: null, fault: 'aborted' };

let receiver: Receiver;
let client: HttpClient;
let isAllowed: boolean;

function open(options: Partial<HttpClientOptions> = {}): void {
  client = createHttpClient({ egress, ...options });
}

const post = (path: string, { host }: { host?: string } = {}) =>
  client.post({
    url: receiver.url(path, host),
    headers: {},
    body: '{"id":1}',
    timeoutMs: 10_000,
    mayBegin: () => isAllowed,
  });

function later(): { resolved: Promise<void>; resolve: () => void } {
  let resolve = () => undefined as undefined;
  const resolved = new Promise<void>((done) => {
    resolve = () => void done();
  });
  return { resolved, resolve };
}

beforeEach(async () => {
  receiver = await startReceiver();
  isAllowed = true;
});

afterEach(async () => {
  await client.close();
  await receiver.stop();
});

test('what may not begin when its name is looked up at last sends nothing', async () => {
  const lookedUp = later();
  const lookup = (_name: string, _options: unknown, done: (error: null, addresses: unknown[]) => void) => {
    void lookedUp.resolved.then(() => done(null, [{ address: '127.0.0.1', family: 4 }]));
  };
  open({ lookup: lookup as unknown as DnsLookup });
  const answer = post('/hook', { host: 'receiver.test' });
  isAllowed = false;
  lookedUp.resolve();
  expect(await answer).toMatchObject(WITHHELD);
  expect(receiver.hits('/hook')).toHaveLength(0);
});

test('what may not begin when a connection is free at last sends nothing, and leaves the connections to others', async () => {
  open({ maxConnectionsPerHost: 1 });
  const released = later();
  receiver.on('/held', { after: released.resolved });
  const first = post('/held');
  await receiver.waitForHits('/held', 1);
  const second = post('/hook');
  isAllowed = false;
  released.resolve();
  expect(await first).toMatchObject({ statusCode: 200 });
  expect(await second).toMatchObject(WITHHELD);
  isAllowed = true;
  expect(await post('/after')).toMatchObject({ statusCode: 200 });
  expect(receiver.hits('/hook')).toHaveLength(0);
});

test('what may not begin on a connection that is kept alive sends nothing', async () => {
  open();
  await post('/first');
  isAllowed = false;
  expect(await post('/hook')).toMatchObject(WITHHELD);
  expect(receiver.hits('/hook')).toHaveLength(0);
});

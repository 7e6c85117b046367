import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../../src/outbound/httpClient';
import type { NameLookup } from '../../../src/outbound/names/nameLookup';
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
  const lookup: NameLookup = (_name, _request, done) => {
    void lookedUp.resolved.then(() => done(null, [{ address: '127.0.0.1', family: 4 }]));
  };
  open({ lookup });
  const answer = post('/hook', { host: 'receiver.test' });
  isAllowed = false;
  lookedUp.resolve();
  expect(await answer).toMatchObject(WITHHELD);
  expect(receiver.hits('/hook')).toHaveLength(0);
});

test('what may not begin on a connection that is kept alive sends nothing', async () => {
  open();
  await post('/first');
  isAllowed = false;
  expect(await post('/hook')).toMatchObject(WITHHELD);
  expect(receiver.hits('/hook')).toHaveLength(0);
});

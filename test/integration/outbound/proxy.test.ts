import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { createHttpClient, type HttpClient } from '../../../src/outbound/httpClient';
import type { NameLookup } from '../../../src/outbound/names/nameLookup';
import type { EgressProxy } from '../../../src/outbound/proxyHealth';
import { type ProxyServer, startProxy } from '../../support/proxy';
import { startRawReceiver } from '../../support/rawReceiver';
import { type Receiver, type ReceiverOptions, startReceiver } from '../../support/receiver';
import { selfSignedCertificate } from './selfSignedCertificate';

let proxy: ProxyServer;
const stops: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  proxy = await startProxy();
});

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await proxy.stop();
});

async function open(options: ReceiverOptions = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  stops.push(() => receiver.stop());
  return receiver;
}

const LOOKUP: NameLookup = (hostname, _request, done) => {
  const address = hostname === 'inside.test' ? '10.0.0.5' : '127.0.0.1';
  setImmediate(() => done(null, [{ address, family: 4 }]));
};

function clientOf({ ca, ...through }: Partial<EgressProxy> & { ca?: string[] } = {}): HttpClient {
  const client = createHttpClient({
    egress: createEgressPolicy({ allow: ['127.0.0.1/32'] }),
    lookup: LOOKUP,
    ca,
    proxy: { host: proxy.host, port: proxy.port, authorization: null, ...through },
  });
  stops.push(() => client.close());
  return client;
}

const post = (client: HttpClient, url: string, body = 'x') =>
  client.post({ url, headers: {}, body, timeoutMs: 10_000, startWithinMs: 10_000 });

test('a callback goes through the proxy, which is told the address that was checked, and the connection is used again', async () => {
  const receiver = await open();
  const client = clientOf();
  const url = `http://hooks.test:${receiver.port}/hook`;
  for (let call = 0; call < 3; call++) expect(await post(client, url)).toMatchObject({ statusCode: 200, fault: null });
  expect(proxy.asked).toEqual([
    `CONNECT 127.0.0.1:${receiver.port} HTTP/1.1\r\nHost: 127.0.0.1:${receiver.port}\r\n\r\n`,
  ]);
  expect(receiver.hits('/hook').map(({ headers }) => headers.host)).toEqual(
    new Array(3).fill(`hooks.test:${receiver.port}`),
  );
});

test('so does one over TLS, whose certificate is checked against the name', async () => {
  const tls = selfSignedCertificate('hooks.test');
  const receiver = await open({ tls });
  receiver.on('/hook', { body: 'y'.repeat(30_000) });
  const client = clientOf({ ca: [tls.cert] });
  const answer = await post(client, `https://hooks.test:${receiver.port}/hook`, 'x'.repeat(200_000));
  expect(answer).toMatchObject({ statusCode: 200, fault: null });
  expect(answer.body).toHaveLength(30_000);
  expect(receiver.hits('/hook')[0]?.body).toHaveLength(200_000);
  expect(await post(client, `https://other.test:${receiver.port}/hook`)).toMatchObject({ fault: 'tls' });
  expect(await post(clientOf(), `https://hooks.test:${receiver.port}/hook`)).toMatchObject({
    ...{ fault: 'tls', error: expect.stringContaining('self-signed') },
  });
});

test('a used connection that ends before any byte of the answer is replaced through the proxy too', async () => {
  const receiver = await startRawReceiver((socket, { onConnection }) => {
    if (onConnection === 2) socket.destroy();
    else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  stops.push(() => receiver.stop());
  const client = clientOf();
  for (let call = 0; call < 2; call++) {
    expect(await post(client, receiver.url, `call ${call}`)).toMatchObject({ statusCode: 200, fault: null });
  }
  expect(receiver.requests.map(({ body }) => body)).toEqual(['call 0', 'call 1', 'call 1']);
  expect(proxy.asked).toHaveLength(2);
});

test('a user name and a password are sent to the proxy, and not to the receiver', async () => {
  const receiver = await open();
  await post(clientOf({ authorization: 'Basic dTpw' }), receiver.url('/hook'));
  expect(proxy.asked[0]).toContain('\r\nProxy-Authorization: Basic dTpw\r\n');
  expect(receiver.hits('/hook')[0]?.headers).not.toHaveProperty('proxy-authorization');
});

test.each(['http://10.0.0.5/', 'http://inside.test/', 'https://inside.test/', 'http://169.254.169.254/'])(
  'the policy checks %s before the proxy is asked',
  async (url) => {
    expect(await post(clientOf(), url)).toMatchObject({ statusCode: null, fault: 'egress' });
    expect(proxy.asked).toEqual([]);
  },
);

describe.each(['http', 'https'])('over %s', (protocol) => {
  test.each([
    ['is not there', { port: 1 }, 'connects'],
    ['closes without an answer', {}, null],
    ['wants a password', {}, 'HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'],
    ['is overloaded', {}, 'HTTP/1.1 503 Service Unavailable\r\n\r\n'],
    ['does not allow it', {}, 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'],
    ['is none', {}, 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['answers without end', {}, `HTTP/1.1 200 OK\r\n${'X-Long: x\r\n'.repeat(3000)}`],
  ] as const)('a proxy that %s is at fault itself: nobody was called', async (_, through, behaviour) => {
    proxy.behave(behaviour);
    const answer = await post(clientOf(through), `${protocol}://hooks.test:81/hook`);
    expect(answer).toMatchObject({ statusCode: null, fault: 'unsent', error: expect.stringContaining('the proxy of') });
  });

  test('what a proxy says of the receiver counts as its answer', async () => {
    const client = clientOf();
    // Nobody listens there.
    expect(await post(client, `${protocol}://hooks.test:1/hook`)).toMatchObject({ fault: 'refused' });
    proxy.behave('HTTP/1.1 504 Gateway Timeout\r\n\r\n');
    expect(await post(client, `${protocol}://hooks.test:1/hook`)).toMatchObject({ fault: 'timeout' });
  });

  test('a proxy that takes connections and answers nobody is at fault itself, and costs the receiver no time', async () => {
    proxy.behave('hangs');
    const url = `${protocol}://hooks.test:81/hook`;
    const answer = await clientOf().post({ url, headers: {}, body: 'x', timeoutMs: 100, startWithinMs: 10_000 });
    expect(answer).toMatchObject({ fault: 'unsent', error: expect.stringContaining('the proxy of') });
    expect(await clientOf().connect({ url, timeoutMs: 100, startWithinMs: 10_000 })).toMatchObject({ fault: 'unsent' });
  });

  test('a receiver that a working proxy waits for is the one that hangs', async () => {
    proxy.hangFor('127.0.0.1:81');
    const url = `${protocol}://hooks.test:81/hook`;
    const answer = await clientOf().post({ url, headers: {}, body: 'x', timeoutMs: 100, startWithinMs: 10_000 });
    expect(answer).toMatchObject({ fault: 'timeout' });
  });

  test('a proxy that takes no connection costs the receiver no time', async () => {
    // Of a network for documentation (RFC 5737): a connection to it is neither taken nor refused.
    const client = clientOf({ host: '192.0.2.1', port: 9 });
    const url = `${protocol}://hooks.test:81/hook`;
    const answer = await client.post({ url, headers: {}, body: 'x', timeoutMs: 100, startWithinMs: 10_000 });
    expect(answer).toMatchObject({ fault: 'unsent' });
  });
});

test('a call whose proxy goes away is no absence of the receiver; one whose receiver goes away is', async () => {
  const receiver = await open();
  receiver.on('/hang', 'hang');
  receiver.on('/reset', 'reset');
  const client = clientOf();
  expect(await post(client, receiver.url('/reset'))).toMatchObject({ fault: 'reset' });
  const answered = post(client, receiver.url('/hang'));
  await receiver.waitForHits('/hang', 1);
  await proxy.stop();
  expect(await answered).toMatchObject({ fault: 'aborted', error: expect.stringContaining('the proxy of') });
  proxy = await startProxy();
});

test('one that is called off while the proxy connects is gone', async () => {
  const receiver = await open();
  const off = new AbortController();
  const answered = clientOf().post({
    ...{ url: receiver.url('/hook'), headers: {}, body: 'x', timeoutMs: 10_000 },
    signal: off.signal,
  });
  off.abort();
  expect(await answered).toMatchObject({ fault: 'aborted' });
  expect(receiver.hits('/hook')).toEqual([]);
});

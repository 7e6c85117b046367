import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../../src/outbound/httpClient';
import type { NameLookup } from '../../../src/outbound/names/nameLookup';
import { type Receiver, startReceiver } from '../../support/receiver';
import { selfSignedCertificate } from './selfSignedCertificate';

const loopbackAllowed = createEgressPolicy({ allow: ['127.0.0.1/32'] });
const nothingAllowed = createEgressPolicy({ allow: [] });
const stops: (() => Promise<unknown>)[] = [];

async function open(options: Parameters<typeof startReceiver>[0] = {}): Promise<Receiver> {
  const receiver = await startReceiver(options);
  stops.push(() => receiver.stop());
  return receiver;
}

/** Sends one request with a client of its own, unless one is given. */
function post(url: string, { client, ...options }: Partial<HttpClientOptions> & { client?: HttpClient } = {}) {
  const used = client ?? createHttpClient({ egress: loopbackAllowed, ...options });
  if (!client) stops.push(() => used.close());
  return used.post({ url, headers: {}, body: 'x', timeoutMs: 10_000 });
}

/** A resolver that gives these addresses, one list per question, the last one for ever; `asked` counts the questions. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const lookup: NameLookup = (hostname, _request, done) => {
    const addresses = answers[Math.min(asked.push(hostname), answers.length) - 1] ?? [];
    setImmediate(() =>
      done(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      ),
    );
  };
  return { lookup, asked };
}

/** A socket is closed in a turn of its own. */
async function aborted(signals: AbortSignal[], count: number): Promise<void> {
  expect(signals).toHaveLength(count);
  await Promise.all(signals.map((signal) => signal.aborted || once(signal, 'abort')));
}

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe('addresses', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['2130706433', 'loopback'],
    ['0x7f.1', 'loopback'],
    ['[::ffff:127.0.0.1]', 'IPv4-mapped'],
    ['[::127.0.0.1]', 'IPv4-compatible'],
    ['[64:ff9b::7f00:1]', 'NAT64'],
    ['0.0.0.0', 'unspecified'],
    ['[::]', 'unspecified'],
    ['169.254.169.254', 'cloud metadata'],
  ])('%s gets no connection', async (host, reason) => {
    const sentinel = await open();
    const answer = await post(`http://${host}:${sentinel.port}/hook`, { egress: nothingAllowed });
    expect(answer).toMatchObject({ statusCode: null, fault: 'egress', error: expect.stringContaining(reason) });
    expect(sentinel.connections().seen).toBe(0);
  });

  test.each(['http', 'https'])('%s: loopback gets a connection only when it is allowed', async (protocol) => {
    const tls = protocol === 'https' ? selfSignedCertificate('127.0.0.1') : undefined;
    const receiver = await open({ tls });
    expect(await post(receiver.url('/hook'), { egress: nothingAllowed })).toMatchObject({ fault: 'egress' });
    expect(receiver.connections().seen).toBe(0);
    const answer = await post(receiver.url('/hook'), { ca: tls && [tls.cert] });
    expect(answer).toMatchObject({ statusCode: 200, fault: null });
  });

  test('a mapped form of an allowed address stays refused', async () => {
    const sentinel = await open();
    expect(await post(`http://[::ffff:127.0.0.1]:${sentinel.port}/`)).toMatchObject({ fault: 'egress' });
    expect(sentinel.connections().seen).toBe(0);
  });
});

describe('names', () => {
  test('localhost is resolved and checked like any other', async () => {
    const sentinel = await open();
    const answer = await post(sentinel.url('/hook', 'localhost'), { egress: nothingAllowed });
    expect(answer).toMatchObject({ fault: 'egress', error: expect.stringContaining('loopback') });
    // Some resolvers do not know it with the dot.
    expect(['egress', 'dns']).toContain(
      (await post(sentinel.url('/', 'localhost.'), { egress: nothingAllowed })).fault,
    );
    expect(sentinel.connections().seen).toBe(0);
  });

  test('the connection goes to the address that was checked, with the name in Host', async () => {
    const receiver = await open();
    const { lookup, asked } = resolver(['127.0.0.1']);
    expect(await post(receiver.url('/hook', 'receiver.test'), { lookup })).toMatchObject({ statusCode: 200 });
    expect(asked).toEqual(['receiver.test']);
    expect(receiver.hits('/hook')[0]?.headers.host).toBe(`receiver.test:${receiver.port}`);
  });

  test.each([
    [['127.0.0.1', '10.0.0.1']],
    [['10.0.0.1', '127.0.0.1']],
    [['127.0.0.1', '::1']],
    [['127.0.0.1', '::ffff:127.0.0.1']],
    [['127.0.0.1', 'fe80::1%eth0']],
  ])('%j: one refused answer refuses the name, and the error keeps the address to itself', async (addresses) => {
    const receiver = await open();
    const answer = await post(receiver.url('/hook', 'mixed.test'), resolver(addresses));
    expect(answer).toMatchObject({ statusCode: null, fault: 'egress', error: expect.stringContaining('mixed.test') });
    for (const address of addresses) expect(answer.error).not.toContain(address);
    expect(receiver.connections().seen).toBe(0);
  });

  test('rebinding: every connection resolves and checks anew', async () => {
    const receiver = await open();
    const { lookup, asked } = resolver(['127.0.0.1'], ['192.168.0.1'], ['127.0.0.1']);
    const client = createHttpClient({ egress: loopbackAllowed, lookup, maxConnectionAgeMs: 0 });
    stops.push(() => client.close());
    const url = receiver.url('/hook', 'rebinding.test');
    expect(await post(url, { client })).toMatchObject({ statusCode: 200 });
    expect(await post(url, { client })).toMatchObject({ fault: 'egress' });
    expect(await post(url, { client })).toMatchObject({ statusCode: 200 });
    expect(asked).toHaveLength(3);
    expect(receiver.connections().seen).toBe(2);
  });

  test('the second address is tried when the first refuses', async () => {
    const receiver = await open();
    const egress = createEgressPolicy({ allow: ['127.0.0.0/8', '::1/128'] });
    const answer = await post(receiver.url('/hook', 'two.test'), { egress, ...resolver(['::1', '127.0.0.1']) });
    expect(answer).toMatchObject({ statusCode: 200 });
  });

  test('a name that does not exist', async () => {
    const answer = await post('http://does-not-exist.invalid/hook');
    expect(answer).toMatchObject({
      statusCode: null,
      fault: 'dns',
      error: expect.stringContaining('does not resolve'),
    });
  });

  test('a name without addresses', async () => {
    expect(await post('http://empty.test/', resolver([]))).toMatchObject({ fault: 'dns' });
  });

  test('a look-up that does not answer costs the deadline, and is told that nobody waits any more', async () => {
    const signals: AbortSignal[] = [];
    const lookup: NameLookup = (_hostname, { signal }) => void signals.push(signal);
    const client = createHttpClient({ egress: loopbackAllowed, lookup });
    stops.push(() => client.close());
    const request = { url: 'http://silent.test/', headers: {}, body: '', timeoutMs: 200 };
    const answer = await client.post(request);
    expect(answer).toMatchObject({ fault: 'timeout', error: expect.stringContaining('timed out connecting') });
    await aborted(signals, 1);
  });

  test('waiting for a turn to look a name up is no part of the deadline', async () => {
    const receiver = await open();
    const lookup: NameLookup = (_hostname, { onWaiting, onTurn }, done) => {
      onWaiting('a turn');
      setTimeout(() => {
        onTurn();
        done(null, [{ address: '127.0.0.1', family: 4 }]);
      }, 400);
    };
    const client = createHttpClient({ egress: loopbackAllowed, lookup });
    stops.push(() => client.close());
    const request = { url: receiver.url('/hook', 'queued.test'), headers: {}, body: '', timeoutMs: 200 };
    expect(await client.post({ ...request, startWithinMs: 10_000 })).toMatchObject({ statusCode: 200, fault: null });
    expect(await client.connect({ ...request, startWithinMs: 10_000 })).toBeNull();
  });

  test('a turn that does not come is no failure of the receiver', async () => {
    const signals: AbortSignal[] = [];
    const lookup: NameLookup = (_hostname, { signal, onWaiting }) => {
      signals.push(signal);
      onWaiting('a turn');
    };
    const client = createHttpClient({ egress: loopbackAllowed, lookup });
    stops.push(() => client.close());
    const request = { url: 'http://queued.test/', headers: {}, body: '', timeoutMs: 10_000, startWithinMs: 50 };
    expect(await client.post(request)).toMatchObject({ statusCode: null, fault: 'unsent' });
    expect(await client.connect(request)).toMatchObject({ fault: 'unsent' });
    await aborted(signals, 2);
  });
});

describe('TLS', () => {
  test('a certificate of a trusted authority for that name is accepted', async () => {
    const tls = selfSignedCertificate('receiver.test');
    const receiver = await open({ tls });
    const options = { ca: [tls.cert], lookup: resolver(['127.0.0.1']).lookup };
    expect(await post(receiver.url('/hook', 'receiver.test'), options)).toMatchObject({ statusCode: 200, error: null });
    expect(await post(receiver.url('/hook', 'receiver.test.'), options)).toMatchObject({ statusCode: 200 });
  });

  test('authorities that are read anew count for the next connection', async () => {
    const tls = selfSignedCertificate('receiver.test');
    const receiver = await open({ tls });
    let authorities: string[] | undefined;
    const options = { ca: () => authorities, lookup: resolver(['127.0.0.1']).lookup };
    const client = createHttpClient({ egress: loopbackAllowed, ...options });
    stops.push(() => client.close());
    const request = { url: receiver.url('/hook', 'receiver.test'), headers: {}, body: '', timeoutMs: 10_000 };
    expect(await client.post(request)).toMatchObject({ statusCode: null, fault: 'tls' });
    authorities = [tls.cert];
    expect(await client.post(request)).toMatchObject({ statusCode: 200, fault: null });
  });

  test.each([
    ['signed by itself', 'receiver.test', false, 'self-signed'],
    ['for another name', 'other.test', true, 'other.test'],
    ['for a name, at an address', 'receiver.test', true, '127.0.0.1'],
  ])('a certificate %s is refused, and nothing is sent', async (_what, certificateHost, isTrusted, reason) => {
    const tls = selfSignedCertificate(certificateHost);
    const receiver = await open({ tls });
    const host = reason === '127.0.0.1' ? '127.0.0.1' : 'receiver.test';
    const ca = isTrusted ? [tls.cert] : undefined;
    const answer = await post(receiver.url('/hook', host), { ca, lookup: resolver(['127.0.0.1']).lookup });
    expect(answer).toMatchObject({ statusCode: null, fault: 'tls', error: expect.stringContaining(reason) });
    expect(receiver.hits('/hook')).toHaveLength(0);
  });

  test('a handshake that never ends costs the deadline, and the connection is closed', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket.resume()));
    stops.push(async () => silent.close());
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const client = createHttpClient({ egress: loopbackAllowed });
    stops.push(() => client.close());
    const answer = await client.post({ url, headers: {}, body: '', timeoutMs: 200 });
    expect(answer).toMatchObject({ fault: 'timeout', error: expect.stringContaining('timed out connecting') });
    expect(sockets).toHaveLength(1);
    await Promise.all(sockets.map((socket) => socket.closed || once(socket, 'close')));
  });

  test('https to a receiver that speaks http, and the other way round', async () => {
    const plain = await open();
    expect(await post(`https://127.0.0.1:${plain.port}/`)).toMatchObject({ statusCode: null, fault: 'tls' });
    const secure = await open({ tls: selfSignedCertificate('127.0.0.1') });
    const answer = await post(`http://127.0.0.1:${secure.port}/`);
    expect(answer.statusCode === null || answer.statusCode >= 400).toBe(true);
  });
});

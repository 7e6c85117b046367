import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../../src/outbound/httpClient';
import type { NameLookup } from '../../../src/outbound/names/nameLookup';
import { type Receiver, startReceiver } from '../../support/receiver';

const egress = createEgressPolicy({ allow: ['127.0.0.0/8'] });
let receiver: Receiver;
let client: HttpClient;

const post = (
  path: string,
  more: { timeoutMs?: number; signal?: AbortSignal; headers?: Record<string, string> } = {},
) => client.post({ url: receiver.url(path), headers: {}, body: '{"id":1}', timeoutMs: 10_000, ...more });

async function replaceClient(options: Partial<HttpClientOptions>): Promise<void> {
  await client.close();
  client = createHttpClient({ egress, ...options });
}

beforeEach(async () => {
  receiver = await startReceiver();
  client = createHttpClient({ egress });
});

afterEach(async () => {
  await client.close();
  await receiver.waitForNoConnections();
  await receiver.stop();
});

describe('an answer', () => {
  test('carries status, body and excerpt; what was sent arrives as it is', async () => {
    receiver.on('/hook', { status: 202, body: '{"errcode":"0","errmsg":"成功"}' });
    const headers = { 'content-type': 'application/json', 'webhook-id': 'd1' };
    const body = Buffer.from('{"text":"成功"}');
    const answer = await client.post({ url: receiver.url('/hook?a=b%20c#part'), headers, body, timeoutMs: 10_000 });

    const text = '{"errcode":"0","errmsg":"成功"}';
    expect(answer).toEqual({
      statusCode: 202,
      fault: null,
      error: null,
      retryAfterMs: null,
      redirect: null,
      body: Buffer.from(text),
      responseExcerpt: text,
      durationMs: expect.any(Number),
    });
    const [hit] = receiver.hits('/hook');
    expect(hit).toMatchObject({ body: body.toString(), headers: { ...headers, host: `127.0.0.1:${receiver.port}` } });
    expect(hit?.headers).not.toHaveProperty('accept-encoding');
    expect(hit?.headers['content-length']).toBe(String(body.length));
  });

  test.each([200, 204, 304, 400, 404, 410, 500])('%i is a status, not a fault', async (status) => {
    receiver.on('/hook', { status });
    expect(await post('/hook')).toMatchObject({ statusCode: status, fault: null, error: null, responseExcerpt: null });
  });

  test.each([301, 302, 303, 307, 308])('%i is not followed', async (status) => {
    receiver.on('/hook', { status, headers: { location: receiver.url('/elsewhere') } });
    expect(await post('/hook')).toMatchObject({ statusCode: status, fault: null });
    expect(receiver.hits('/elsewhere')).toHaveLength(0);
  });

  test('Retry-After of a 429 and a 503', async () => {
    receiver.on('/seconds', { status: 429, headers: { 'Retry-After': '7' } });
    receiver.on('/date', {
      status: 503,
      headers: { date: 'Sun, 01 Mar 2026 12:00:00 GMT', 'retry-after': 'Sun, 01 Mar 2026 12:01:00 GMT' },
    });
    receiver.on('/other', { status: 500, headers: { 'retry-after': '7' } });
    expect((await post('/seconds')).retryAfterMs).toBe(7_000);
    expect((await post('/date')).retryAfterMs).toBe(60_000);
    expect((await post('/other')).retryAfterMs).toBeNull();
  });

  test('that had arrived when the event loop was busy past the deadline counts', async () => {
    await post('/hook');
    const answer = post('/hook', { timeoutMs: 50 });
    await receiver.waitForHits('/hook', 2);
    const busyUntilMs = performance.now() + 100;
    while (performance.now() < busyUntilMs);
    expect(await answer).toMatchObject({ statusCode: 200, fault: null });
  });
});

describe('a receiver that misbehaves', () => {
  test.each([
    ['reset', { statusCode: null, fault: 'reset', error: expect.stringContaining('reset'), responseExcerpt: null }],
    ['resetMidBody', { statusCode: 200, fault: 'reset', responseExcerpt: 'ten bytes.' }],
    ['closeMidBody', { statusCode: 200, fault: 'reset', responseExcerpt: 'ten bytes.' }],
    ['closeMidChunks', { statusCode: 200, fault: 'reset', responseExcerpt: 'ten bytes.' }],
    [
      'switchProtocols',
      { statusCode: 101, fault: 'protocol', error: expect.stringContaining('101'), responseExcerpt: null },
    ],
    ['garbage', { statusCode: null, fault: 'protocol', error: expect.stringContaining('HTTP'), responseExcerpt: null }],
    [
      'headerFlood',
      { statusCode: 200, fault: 'too_large', error: expect.stringContaining('header'), responseExcerpt: null },
    ],
  ] as const)('%s: a fault, no body, one request', async (behaviour, expected) => {
    receiver.on('/hook', behaviour);
    expect(await post('/hook')).toMatchObject({ ...expected, body: new Uint8Array(0) });
    await receiver.waitForNoConnections();
    expect(receiver.hits('/hook')).toHaveLength(1);
  });

  test.each([
    ['hang', null, 'waiting for the answer'],
    ['drip', 200, 'reading the answer'],
  ] as const)('%s: ends at the deadline, and the connection with it', async (behaviour, statusCode, doing) => {
    receiver.on('/hook', behaviour);
    const answer = await post('/hook', { timeoutMs: 250 });
    expect(answer).toMatchObject({ statusCode, fault: 'timeout', error: expect.stringContaining(doing) });
    expect(answer.durationMs).toBeGreaterThanOrEqual(245);
    await receiver.waitForNoConnections();
    expect(receiver.hits('/hook')).toHaveLength(1);
  });

  test('endless: 64 KiB are kept, little more is read, the status counts', async () => {
    const sockets: Socket[] = [];
    const onSocket = (message: unknown) => void sockets.push((message as { socket: Socket }).socket);
    subscribe('net.client.socket', onSocket);
    receiver.on('/hook', 'endless');
    const answer = await post('/hook');
    unsubscribe('net.client.socket', onSocket);
    expect(answer).toMatchObject({ statusCode: 200, fault: null, responseExcerpt: 'x'.repeat(4096) });
    expect(answer.body).toEqual(Buffer.alloc(64 * 1024, 'x'));
    await receiver.waitForNoConnections();
    expect(sockets.map((socket) => socket.bytesRead <= 4 * 64 * 1024)).toEqual([true]);
  });

  test('64 KiB exactly are an ordinary body', async () => {
    receiver.on('/hook', { body: Buffer.alloc(64 * 1024, 'x') });
    expect((await post('/hook')).body).toHaveLength(64 * 1024);
    await post('/hook');
    expect(receiver.connections().seen).toBe(1);
  });

  test('gzip bomb: stays packed', async () => {
    receiver.on('/hook', 'gzipBomb');
    const { statusCode, body } = await post('/hook');
    expect(statusCode).toBe(200);
    expect(body.length).toBeLessThan(64 * 1024);
    expect(gunzipSync(body)).toHaveLength(10 * 1024 * 1024);
  });

  test('nobody there', async () => {
    const url = receiver.url('/hook');
    await receiver.stop();
    const answer = await client.post({ url, headers: {}, body: '', timeoutMs: 10_000 });
    expect(answer).toMatchObject({ statusCode: null, fault: 'refused', error: 'connection refused (ECONNREFUSED)' });
  });
});

describe('a request that cannot be sent', () => {
  test.each([
    [{ 'x-name': 'a\r\nx-injected: b' }],
    [{ 'x-name': 'a\0' }],
    [{ 'x-name': '成功' }],
    [{ 'x name': 'a' }],
    [{ 'x-name\r\nx-injected': 'a' }],
    [{ 'content-length': '1' }],
    [{ 'transfer-encoding': 'chunked' }],
  ])('headers %j', async (headers) => {
    expect(await post('/hook', { headers })).toMatchObject({ statusCode: null, fault: 'protocol' });
    expect(receiver.hits('/hook')).toHaveLength(0);
  });

  test.each(['nowhere', 'ftp://example.com/', 'http://user:secret@127.0.0.1/'])('URL %s', async (url) => {
    const answer = await client.post({ url, headers: {}, body: '', timeoutMs: 10_000 });
    expect(answer).toMatchObject({ statusCode: null, fault: 'protocol' });
    expect(answer.error).not.toContain('secret');
  });
});

describe('connections', () => {
  test('are used again', async () => {
    for (let n = 0; n < 5; n += 1) await post('/hook');
    expect(receiver.connections()).toEqual({ open: 1, seen: 1 });
  });

  test('past their age are not used again', async () => {
    await replaceClient({ maxConnectionAgeMs: 0 });
    for (let n = 0; n < 3; n += 1) expect((await post('/hook')).statusCode).toBe(200);
    expect(receiver.connections().seen).toBe(3);
  });

  test('that the receiver closed are replaced', async () => {
    receiver.on('/hook', 'closeAfter');
    for (let n = 0; n < 3; n += 1) {
      expect((await post('/hook')).statusCode).toBe(200);
      await receiver.waitForNoConnections();
    }
  });

  test('that the receiver announces to close take no further request', async () => {
    receiver.on('/hook', { headers: { connection: 'close' } });
    for (let n = 0; n < 3; n += 1) expect((await post('/hook')).statusCode).toBe(200);
    const answers = await Promise.all(Array.from({ length: 20 }, () => post('/hook')));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(20).fill(200));
    expect(receiver.connections().seen).toBe(23);
  });

  test('that were used and break under a request are replaced once', async () => {
    receiver.on('/hook', (hitNumber) => (hitNumber === 1 ? { status: 200 } : 'reset'));
    await post('/hook');
    expect(await post('/hook')).toMatchObject({ fault: 'reset', statusCode: null });
    await receiver.waitForNoConnections();
    expect(receiver.hits('/hook')).toHaveLength(3);
    expect(receiver.connections().seen).toBe(2);
  });

  test('that are idle are closed beyond a number, the oldest first', async () => {
    const lookup: NameLookup = (_hostname, _request, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    await replaceClient({ lookup, maxIdleConnections: 2 });
    const postTo = (n: number) =>
      client.post({ url: receiver.url('/hook', `host${n}.test`), headers: {}, body: '', timeoutMs: 10_000 });
    for (let n = 0; n < 5; n += 1) expect((await postTo(n)).statusCode).toBe(200);
    for (const n of [3, 4]) expect((await postTo(n)).statusCode).toBe(200);
    expect(receiver.connections().seen).toBe(5);
    expect((await postTo(0)).statusCode).toBe(200);
    expect(receiver.connections().seen).toBe(6);
  });

  test('nobody waits for one: a hundred that hang do not hinder another', async () => {
    receiver.on('/hang', 'hang');
    const release = new AbortController();
    const hanging = Array.from({ length: 100 }, () => post('/hang', { signal: release.signal }));
    await receiver.waitForHits('/hang', 100);
    const answers = await Promise.all(Array.from({ length: 50 }, () => post('/hook')));
    expect(answers.every(({ statusCode }) => statusCode === 200)).toBe(true);
    release.abort();
    expect((await Promise.all(hanging)).every(({ fault }) => fault === 'aborted')).toBe(true);
  }, 20_000);

  test('hundreds of requests, sixteen at once, with every kind of end: none is sent three times, and all connections serve again', async () => {
    const behaviours = ['reset', 'closeMidBody', 'garbage', 'closeAfter', 'endless', 'hang'] as const;
    receiver.on('/hook', (n) => (n % 3 === 0 ? (behaviours[(n / 3) % behaviours.length] ?? 'hang') : { body: 'ok' }));
    const requests = Array.from({ length: 300 }, (_, n) => ({ headers: { 'webhook-id': `d${n}` }, timeoutMs: 1_000 }));
    const sendOn = async () => {
      for (let more = requests.pop(); more; more = requests.pop()) {
        const { statusCode, fault } = await post('/hook', more);
        expect(statusCode !== null || fault !== null).toBe(true);
      }
    };
    await Promise.all(Array.from({ length: 16 }, sendOn));
    const timesSent = new Map<unknown, number>();
    for (const { headers } of receiver.hits('/hook')) {
      timesSent.set(headers['webhook-id'], (timesSent.get(headers['webhook-id']) ?? 0) + 1);
    }
    expect(Math.max(...timesSent.values())).toBeLessThanOrEqual(2);

    receiver.on('/slow', { delayMs: 50 });
    const after = await Promise.all(Array.from({ length: 16 }, () => post('/slow')));
    expect(after.map(({ statusCode }) => statusCode)).toEqual(Array(16).fill(200));
  }, 20_000);
});

describe('ending', () => {
  test('an abort ends the attempt and leaves nothing on the signal', async () => {
    receiver.on('/hang', 'hang');
    const controller = new AbortController();
    const answer = post('/hang', { signal: controller.signal });
    await post('/hook', { signal: controller.signal });
    await receiver.waitForHits('/hang', 1);
    controller.abort();
    expect(await answer).toMatchObject({ statusCode: null, fault: 'aborted' });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(await post('/hook', { signal: controller.signal })).toMatchObject({ fault: 'aborted' });
    expect(receiver.hits('/hook')).toHaveLength(1);
  });

  test('close waits for what is under way and takes nothing new', async () => {
    receiver.on('/hook', { delayMs: 100 });
    const answer = post('/hook');
    await receiver.waitForHits('/hook', 1);
    const closed = client.close();
    expect(await post('/hook')).toMatchObject({ fault: 'aborted', error: 'the HTTP client is closed' });
    await closed;
    expect((await answer).statusCode).toBe(200);
    await receiver.waitForNoConnections();
  });
});

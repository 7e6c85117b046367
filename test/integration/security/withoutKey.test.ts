import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { waitFor } from '../../support/engine';
import { type BareApi, startBareApi } from './bareApi';

jest.setTimeout(60_000);

const SHARES = { max: 100, maxWithoutKey: 50, reservedWithoutKey: 10 };
const PUBLISHED = JSON.stringify({
  event_source: 'a',
  event_topic: 'b',
  event_type: 'c',
  event_status: 'd',
  changes: [1],
});

let api: BareApi;
const sockets = new Set<Socket>();

beforeEach(async () => {
  api = await startBareApi({ shareLimits: SHARES });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await api.stop();
});

/** A connection from any loopback address, and what has come on it. */
async function open(localAddress = '127.0.0.1') {
  const { hostname, port } = new URL(api.url);
  const socket = connect({ port: Number(port), host: hostname, localAddress });
  sockets.add(socket);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  let isClosed = false;
  socket.once('close', () => {
    isClosed = true;
  });
  await once(socket, 'connect');
  const text = () => Buffer.concat(chunks).toString('latin1');
  return {
    socket,
    text,
    statuses: () => [...text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status),
    isClosed: () => isClosed,
  };
}

const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

describe('calls that are sent ahead over one connection', () => {
  test('one at a time is handled, in order: the next begins when the answer before it has left', async () => {
    let underWay = 0;
    let most = 0;
    const answers: (() => void)[] = [];
    await api.stop();
    api = await startBareApi({
      publish: () => {
        most = Math.max(most, ++underWay);
        return new Promise((resolve) => {
          answers.push(() => {
            underWay--;
            resolve({ eventId: `event-${answers.length}` });
          });
        });
      },
    });
    const key = api.key({ tenantId: 'acme' });
    const { socket, text } = await open();
    const header = `POST /api/publish HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\n`;
    socket.write(`${header}Content-Length: ${PUBLISHED.length}\r\n\r\n${PUBLISHED}`.repeat(10));
    for (let call = 1; call <= 10; call++) {
      const answer = await waitFor(() => answers[call - 1], { what: `call ${call}` });
      answer();
      await waitFor(() => text().includes(`event-${call}"`) || undefined, { what: `answer ${call}` });
    }
    expect(most).toBe(1);
    expect(answers).toHaveLength(10);
  });

  test('bodies that come late, in pieces and chunked, are each their own call', async () => {
    const key = api.key({ tenantId: 'acme' });
    const { socket, statuses } = await open();
    const header = `POST /api/publish HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\n`;
    const plain = `${header}Content-Length: ${PUBLISHED.length}\r\n\r\n${PUBLISHED}`;
    const large = JSON.stringify({ ...JSON.parse(PUBLISHED), changes: ['x'.repeat(200_000)] });
    const chunked = `${header}Transfer-Encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    const all = `${plain}${chunked}${plain}${chunked}${get('/healthz')}`;
    for (let at = 0; at < all.length; at += 50_001) {
      socket.write(all.slice(at, at + 50_001));
      await new Promise(setImmediate);
    }
    await waitFor(() => statuses().length >= 5 || undefined, { what: () => `5 answers, not ${statuses()}` });
    expect(statuses()).toEqual(Array(5).fill('200'));
    expect(api.published.map(({ changes }) => changes.length)).toEqual([3, 200_004, 3, 200_004]);
  });

  test('more than may wait: those that wait are answered, then the connection ends', async () => {
    const { socket, statuses, isClosed, text } = await open();
    socket.write(get('/healthz').repeat(2000));
    await waitFor(() => isClosed() || undefined, { what: 'the end of the connection' });
    expect(statuses()).toEqual(Array(33).fill('200'));
    expect(text().match(/connection: close/gi)).toHaveLength(1);
  });

  test('refusals too: who waits for one makes no other call over the same connection', async () => {
    const looked: (() => void)[] = [];
    await api.stop();
    api = await startBareApi({
      authenticate: () => new Promise((resolve) => looked.push(() => resolve(null))),
    });
    const { socket, statuses } = await open();
    socket.write(get('/v1/tenants').repeat(10));
    for (let call = 1; call <= 10; call++) {
      const refuse = await waitFor(() => looked[call - 1], { what: `call ${call}` });
      expect(looked).toHaveLength(call);
      refuse();
    }
    await waitFor(() => statuses().length === 10 || undefined, { what: 'all answers' });
    expect(new Set(statuses())).toEqual(new Set(['401']));
  });

  test('a caller who takes no answers has one made for it, not all', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const { socket } = await open();
    socket.pause();
    socket.write(get('/docs/swagger-ui-bundle.js').repeat(30));
    await waitFor(async () => (await metric('/docs/{asset}')) || undefined, { what: 'the first answer' });
    expect(await metric('/docs/{asset}')).toBeLessThan(30);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * 1024 * 1024);
  });
});

/** How many calls of a route were answered. */
async function metric(route: string): Promise<number> {
  const text = await api.metrics.scrape();
  const line = text.split('\n').find((one) => one.includes('_seconds_count{') && one.includes(`route="${route}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('documents', () => {
  test.each(['/openapi.json', '/docs', '/docs/swagger-ui-bundle.js', '/docs/start.js'])(
    '%s is the same bytes, compressed for who takes that, and 304 for who has it',
    async (path) => {
      const plain = await fetch(api.url + path, { headers: { 'accept-encoding': 'identity' } });
      const bytes = Buffer.from(await plain.arrayBuffer());
      expect(plain.headers.get('content-encoding')).toBeNull();
      expect(plain.headers.get('vary')).toBe('Accept-Encoding');
      const { socket, text } = await open();
      socket.write(get(path, 'Accept-Encoding: br, gzip;q=0.8\r\nConnection: close\r\n'));
      await once(socket, 'close');
      const [header = '', body = ''] = text().split(/\r\n\r\n(.*)/s);
      expect(header).toMatch(/content-encoding: gzip/i);
      expect(gunzipSync(Buffer.from(body, 'latin1')).equals(bytes)).toBe(true);
      const etag = plain.headers.get('etag') ?? '';
      const again = await fetch(api.url + path, { headers: { 'if-none-match': etag } });
      expect([again.status, await again.text()]).toEqual([304, '']);
    },
  );

  test('who refuses gzip gets none', async () => {
    const answer = await fetch(`${api.url}/docs`, { headers: { 'accept-encoding': 'gzip;q=0, identity' } });
    expect(answer.headers.get('content-encoding')).toBeNull();
    await answer.text();
  });
});

describe('calls without a key', () => {
  /** So few a second that a slow machine reaches them too. */
  const limits = (perAddress: number, perRoute: number) => ({
    perAddress: { perSecond: 0.01, burst: perAddress },
    perRoute: { perSecond: 0.01, burst: perRoute },
  });
  const publish = () =>
    fetch(`${api.url}/api/publish`, {
      method: 'POST',
      headers: { authorization: api.key({ tenantId: 'acme' }) },
      body: PUBLISHED,
    });
  async function statusesOf(path: string, count: number) {
    const answers = await Promise.all(Array.from({ length: count }, () => fetch(api.url + path)));
    for (const { status, headers } of answers) {
      if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    return answers.map(({ status }) => status).sort();
  }

  test('one route too often: 429 for it, and the others, and who has a key, are served', async () => {
    await api.stop();
    api = await startBareApi({ anonymousLimits: limits(5, 100) });
    expect(await statusesOf('/healthz', 8)).toEqual([...Array(5).fill(200), ...Array(3).fill(429)]);
    expect((await fetch(`${api.url}/docs`)).status).toBe(200);
    expect((await publish()).status).toBe(200);
  });

  test.each([
    ['/nowhere', 404],
    ['/v1/subscriptions/%zz', 400],
    ['/api/publish', 405],
  ])('%s, which no route takes, counts too', async (path, status) => {
    await api.stop();
    api = await startBareApi({ anonymousLimits: limits(5, 100) });
    expect(await statusesOf(path, 8)).toEqual([...Array(5).fill(status), ...Array(3).fill(429)]);
    expect((await publish()).status).toBe(200);
  });

  test.each(['/metrics', '/openapi.json', '/docs', '/docs/start.js'])(
    '%s, which costs more, is had a fifth as often',
    async (path) => {
      await api.stop();
      api = await startBareApi({ anonymousLimits: limits(10, 100) });
      expect(await statusesOf(path, 5)).toEqual([...Array(2).fill(200), ...Array(3).fill(429)]);
    },
  );

  test('many addresses have a bound together', async () => {
    await api.stop();
    api = await startBareApi({ anonymousLimits: limits(3, 5) });
    const callers = await Promise.all(['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((address) => open(address)));
    for (const { socket } of callers) socket.write(get('/healthz').repeat(3));
    const all = () => callers.flatMap(({ statuses }) => statuses()).sort();
    await waitFor(() => all().length === 9 || undefined, { what: 'all answers' });
    expect(all()).toEqual([...Array(5).fill('200'), ...Array(4).fill('429')]);
  });
});

describe('silent connections', () => {
  test('of one address do not keep another out, nor end what has a key or a call under way', async () => {
    const key = api.key({ tenantId: 'acme' });
    const known = await open('127.0.0.2');
    known.socket.write(get('/v1/nothing').replace('\r\n\r\n', `\r\nAuthorization: ${key}\r\n\r\n`));
    const publisher = await open('127.0.0.2');
    const call = `POST /api/publish HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\nContent-Length: ${PUBLISHED.length}\r\n\r\n${PUBLISHED}`;
    publisher.socket.write(call);
    await waitFor(() => publisher.statuses().length || undefined, { what: 'the first event' });
    const silent: Awaited<ReturnType<typeof open>>[] = [];
    for (let count = 0; count < 3 * SHARES.max; count++) silent.push(await open());
    publisher.socket.write(call);
    const late = await open('127.0.0.3');
    late.socket.write(call);
    await waitFor(() => (publisher.statuses().length === 2 && late.statuses().length === 1) || undefined, {
      what: 'both to be served',
    });
    expect([...publisher.statuses(), ...late.statuses()]).toEqual(['200', '200', '200']);
    await waitFor(() => silent.filter(({ isClosed }) => isClosed()).length >= 2 * SHARES.max || undefined, {
      what: 'the oldest silent ones to be closed',
    });
  });
});

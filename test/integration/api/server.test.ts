import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { startTestApi, type TestApi } from './testApi';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());

/** What the server answers to these bytes, until it closes the connection. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.write(bytes);
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  await once(socket, 'close');
  return answer;
}

test('a port that is taken', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as { port: number };
  try {
    await expect(startTestApi({}, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  } finally {
    squatter.close();
  }
});

test.each([
  ['GET', '/nowhere', 404],
  ['GET', '/v1/nowhere/%E4%B8%BB', 404],
  ['GET', '/healthz/', 404],
  ['GET', '/Healthz', 404],
  ['GET', '/docs/..%2f..%2fpackage.json', 404],
  ['GET', '/docs/constructor', 404],
  ['GET', '/docs/%zz', 400],
])('%s %s: %i', async (method, path, status) => {
  const response = await fetch(api.url + path, { method });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
});

test('a method that the path does not have', async () => {
  const native = await fetch(`${api.url}/healthz`, { method: 'DELETE' });
  expect([native.status, native.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await native.json()).toMatchObject({ status: 405, title: 'Method Not Allowed' });
  const publish = await fetch(`${api.url}/api/publish`);
  expect([publish.status, publish.headers.get('allow')]).toEqual([405, 'POST']);
  expect(await publish.json()).toMatchObject({ code: '405' });
});

test("an unknown path under an interface's prefix is refused in its form", async () => {
  const response = await fetch(`${api.url}/api/other`);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: '404', request_id: expect.any(String) });
});

test('nothing says what it is made with', async () => {
  const { headers } = await fetch(`${api.url}/healthz`);
  expect(headers.get('x-powered-by')).toBeNull();
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

describe('bodies on the wire', () => {
  const post = (rest: string) =>
    raw(`POST /api/publish HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\nConnection: close\r\n${rest}`);
  let key: string;
  beforeAll(async () => {
    key = await api.key({ tenantId: 'acme', roles: ['producer'] });
  });

  test('in pieces that part a character', async () => {
    const body = Buffer.from(
      '{"event_source":"主","event_topic":"t","event_type":"t","event_status":"s","changes":[1]}',
    );
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    socket.write(
      `POST /api/publish HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    for (const byte of body) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('"code":"000"');
    expect(api.published.at(-1)?.source).toBe('主');
    socket.destroy();
  });

  test('said to be too large: refused before it is sent', async () => {
    expect(await post('Content-Length: 1000000000\r\n\r\n{')).toContain('HTTP/1.1 413');
  }, 10_000);

  test('chunked without end: refused at the limit', async () => {
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.write(
      `POST /api/publish HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    for (let sent = 0; sent < 64 && answer === ''; sent++) {
      socket.write(chunk);
      await new Promise(setImmediate);
    }
    if (answer === '') await once(socket, 'data');
    expect(answer).toContain('HTTP/1.1 413');
    socket.destroy();
  });

  test('a caller that goes away in the middle leaves nothing behind', async () => {
    const before = api.published.length;
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /api/publish HTTP/1.1\r\nHost: x\r\nAuthorization: ${key}\r\nContent-Length: 100\r\n\r\n{"event_`,
    );
    await once(socket, 'connect');
    socket.resetAndDestroy();
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    expect(api.published).toHaveLength(before);
  });
});

test('close answers the calls under way, and then leaves no connection open', async () => {
  let answer: () => void = () => undefined;
  let reached: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const closing = await startTestApi({
    publish: () => {
      reached();
      return new Promise((resolve) => {
        answer = () => resolve({ eventId: 'e' });
      });
    },
  });
  const key = await closing.key({ tenantId: 'acme', roles: ['producer'] });
  const body = JSON.stringify({
    event_source: 'a',
    event_topic: 'b',
    event_type: 'c',
    event_status: 'd',
    changes: [1],
  });
  const call = fetch(`${closing.url}/api/publish`, { method: 'POST', headers: { authorization: key }, body });
  await arrived;
  const stopped = closing.stop();
  await expect(fetch(`${closing.url}/healthz`)).rejects.toThrow();
  answer();
  expect((await call).status).toBe(200);
  const startedAt = performance.now();
  await stopped;
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

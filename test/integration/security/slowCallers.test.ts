import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { pino } from 'pino';
import { SHARE_LIMITS, type ShareLimits } from '../../../src/api/connections/connectionShares';
import type { ConnectionLimits, Listening } from '../../../src/api/listen';
import { createApi, ROUTES } from '../../../src/api/server';
import type { Services } from '../../../src/services';
import type { Caller } from '../../../src/services/caller';
import { createMetrics } from '../../../src/services/metrics';
import { API_OPTIONS } from '../../support/apiOptions';
import { waitFor } from '../../support/engine';
import { READY } from '../api/testApi';

jest.setTimeout(30_000);

/** A hundredth of what they are, so that a test takes no minute. */
const LIMITS: ConnectionLimits = {
  headersTimeoutMs: 300,
  requestTimeoutMs: 600,
  stalledTimeoutMs: 600,
  answerTimeoutMs: 60_000,
  keepAliveTimeoutMs: 400,
  checkEveryMs: 50,
};
const PRODUCER: Caller = { keyId: 'k', tenantId: 'acme', appId: null, roles: ['producer'], subject: null };
const BODY = JSON.stringify({ event_source: 'a', event_topic: 'b', event_type: 'c', event_status: 'd', changes: [1] });

let published: number;
let listening: Listening;
let server: http.Server;
const sockets = new Set<Socket>();

function createTestApi(connectionLimits?: ConnectionLimits, shareLimits?: ShareLimits) {
  const publish = async () => {
    published += 1;
    return { eventId: 'e' };
  };
  return createApi({
    routes: ROUTES,
    services: { publish } as Partial<Services> as Services,
    authenticate: () => PRODUCER,
    readiness: async () => READY,
    metrics: createMetrics({ oldestPendingSeconds: async () => 0 }),
    log: pino({ level: 'silent' }),
    maxEventBytes: 262_144,
    rateLimitPerKey: 100_000,
    ...API_OPTIONS,
    connectionLimits,
    shareLimits,
  });
}

async function start(limits: Partial<ConnectionLimits> = {}, shares: Partial<ShareLimits> = {}): Promise<void> {
  await listening?.close();
  const created = jest.spyOn(http, 'createServer');
  const api = createTestApi({ ...LIMITS, ...limits }, { ...SHARE_LIMITS, ...shares });
  listening = await api.listen({ host: '127.0.0.1', port: 0 });
  server = created.mock.results[0]?.value as http.Server;
  created.mockRestore();
}

beforeEach(async () => {
  published = 0;
  await start();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await listening.close();
});

/** A connection, what came on it so far, and its end. */
async function open() {
  const { hostname, port } = new URL(listening.url);
  const socket = connect(Number(port), hostname);
  sockets.add(socket);
  let answer = '';
  socket.on('data', (data) => {
    answer += data;
  });
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  return { socket, answer: () => answer, ended };
}

async function drip(socket: Socket, text: string): Promise<void> {
  for (const byte of text.repeat(1000)) {
    if (socket.destroyed) return;
    socket.write(byte);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const publish = () => fetch(`${listening.url}/api/publish`, { method: 'POST', body: BODY });
const HEADER = 'POST /api/publish HTTP/1.1\r\nHost: x\r\n';

describe('a caller who drips', () => {
  test.each([
    ['the request line', 'GET /', 'a'],
    ['the header', HEADER, 'x: y\r\n'],
    ['the body', `${HEADER}Content-Length: 5000\r\n\r\n`, 'x'],
    ['chunks', `${HEADER}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'],
    ['the trailer', `${HEADER}Transfer-Encoding: chunked\r\n\r\n0\r\n`, 'x: y\r\n'],
  ])('%s is cut off with 408, and has published nothing', async (_, begin, text) => {
    // Each limit on its own: that of the whole call would end a slow header too.
    const isHeader = !begin.includes('\r\n\r\n');
    await start(isHeader ? { requestTimeoutMs: 600_000 } : {});
    const { socket, answer, ended } = await open();
    socket.write(begin);
    await Promise.all([drip(socket, text), ended]);
    expect(answer()).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(published).toBe(0);
  });

  /** More than the kernel's buffers take. */
  const LARGE = 'GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20);

  /** He himself would notice only when he has read what is in the kernel's buffers. */
  async function seenClosed({ socket, ended }: Awaited<ReturnType<typeof open>>): Promise<void> {
    const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    await waitFor(async () => (await connections()) === 0 || undefined, { what: 'the connection to be closed' });
    socket.resume();
    await ended;
    expect(socket.bytesRead).toBeLessThan(20 * 1_000_000);
  }

  test('his answer is cut off when he stops taking it', async () => {
    const caller = await open();
    caller.socket.pause();
    caller.socket.write(LARGE);
    await seenClosed(caller);
  });

  test('his answer is cut off when he takes it bit by bit, though it never stands still', async () => {
    await start({ answerTimeoutMs: 600, stalledTimeoutMs: 60_000 });
    const caller = await open();
    caller.socket.pause();
    caller.socket.write(LARGE);
    const sips = setInterval(() => {
      caller.socket.once('data', () => caller.socket.pause());
      caller.socket.resume();
    }, 100);
    await seenClosed(caller).finally(() => clearInterval(sips));
  });

  test('one who takes each of many answers in time is served to the end', async () => {
    const others = { headersTimeoutMs: 20_000, requestTimeoutMs: 20_000, stalledTimeoutMs: 20_000 };
    await start({ answerTimeoutMs: 10_000, keepAliveTimeoutMs: 20_000, ...others });
    const { socket, answer, ended } = await open();
    socket.write(`${LARGE}GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    await ended;
    expect(answer().match(/HTTP\/1\.1 200 /g)).toHaveLength(21);
  });
});

test('500 connections that say nothing, stop in the middle, or stay after their call: everyone else is served, and they are closed', async () => {
  // Longer than a busy machine may take for those who do nothing wrong.
  await start({ headersTimeoutMs: 3_000, requestTimeoutMs: 3_000, stalledTimeoutMs: 4_000, keepAliveTimeoutMs: 3_000 });
  const idle = await Promise.all(Array.from({ length: 500 }, open));
  const said = ['', `${HEADER}x: `, `${HEADER}Content-Length: 10\r\n\r\n{`, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'];
  for (const [n, { socket }] of idle.entries()) socket.write(said[n % said.length] ?? '');
  const answers = await Promise.all(Array.from({ length: 50 }, publish));
  expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
  await Promise.all(idle.map(({ ended }) => ended));
  expect(published).toBe(50);
});

test('the limits of every day', async () => {
  const created = jest.spyOn(http, 'createServer');
  const { close } = await createTestApi().listen({ host: '127.0.0.1', port: 0 });
  const usual = created.mock.results[0]?.value as http.Server;
  created.mockRestore();
  expect(usual).toMatchObject({ headersTimeout: 10_000, requestTimeout: 30_000, timeout: 30_000 });
  expect(usual).toMatchObject({ keepAliveTimeout: 75_000 });
  await close();
});

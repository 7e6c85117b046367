import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type BareApi, startBareApi } from '../security/bareApi';

const CHUNK = Buffer.alloc(64 * 1024, ' ');
/** More than the buffers of two sockets, so that the caller is still sending when it is refused. */
const BODY_BYTES = 128 * CHUNK.length;

let api: BareApi;
let key: string;

beforeAll(async () => {
  api = await startBareApi();
  key = api.key({ tenantId: 'acme' });
});
afterAll(() => api.stop());

interface Sent {
  answer: string;
  /** What the socket said about the connection, if it broke. */
  fault: string | undefined;
  sentBytes: number;
}

/** Sends header and body as many clients do: all of it, and only then do they read. */
async function send(head: string, bodyBytes: number): Promise<Sent> {
  const { hostname, port } = new URL(api.url);
  const socket: Socket = connect(Number(port), hostname);
  let answer = '';
  let fault: string | undefined;
  let sentBytes = 0;
  socket.on('error', (error: NodeJS.ErrnoException) => {
    fault = error.code;
  });
  const closed = once(socket, 'close').catch(() => undefined);
  socket.pause();
  socket.write(head);
  for (; sentBytes < bodyBytes && fault === undefined && !socket.destroyed; sentBytes += CHUNK.length) {
    if (!socket.write(CHUNK)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
    await turn();
  }
  socket.on('data', (data) => {
    answer += data;
  });
  socket.resume();
  await closed;
  return { answer, fault, sentBytes };
}

const header = (line: string, ...fields: string[]) =>
  [line, 'Host: x', `Content-Length: ${BODY_BYTES}`, ...fields, '', ''].join('\r\n');
const withKey = () => `Authorization: ${key}`;

const REFUSALS: [status: number, path: string, fields: () => string[]][] = [
  [413, '/api/publish', () => [withKey()]],
  [401, '/api/publish', () => []],
  [403, '/v1/subscriptions', () => [withKey()]],
  [404, '/api/nowhere', () => [withKey()]],
  [405, '/healthz', () => [withKey()]],
  [415, '/api/publish', () => [withKey(), 'Content-Encoding: zstd']],
];

describe.each([
  ['HTTP/1.1 with Connection: close', 'HTTP/1.1', ['Connection: close']],
  ['HTTP/1.0', 'HTTP/1.0', []],
])('%s', (_, version, more) => {
  test.each(REFUSALS)('%i is read by whoever sends its whole body first', async (status, path, fields) => {
    const method = status === 405 ? 'PATCH' : 'POST';
    const { answer, fault } = await send(header(`${method} ${path} ${version}`, ...fields(), ...more), BODY_BYTES);
    expect(fault).toBeUndefined();
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\r\n\r\n\\{.*\\}$`));
  });
});

test('a body without end is not dropped for ever', async () => {
  const head = `POST /api/publish HTTP/1.1\r\nHost: x\r\nContent-Length: ${2 ** 40}\r\nConnection: close\r\n\r\n`;
  const { sentBytes } = await send(head, 2 ** 30);
  expect(sentBytes).toBeLessThan(2 ** 29);
});

test('a caller that stops in the middle of its body gets the answer at once', async () => {
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  socket.write(header('POST /api/publish HTTP/1.1', 'Connection: close'));
  socket.write(CHUNK);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toContain('HTTP/1.1 401');
  socket.destroy();
});

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { createHttpClient, type HttpClient } from '../../../src/outbound/httpClient';
import type { NameLookup } from '../../../src/outbound/names/nameLookup';
import { startReceiver } from '../../support/receiver';

/** Far more than the client may read of one answer, little enough that the deadline comes later on any machine. */
const FLOOD_BYTES = 64 * 1024 * 1024;
const MAX_READ_BYTES = 2 * 1024 * 1024;
const HEADER = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${HEADER}transfer-encoding: chunked\r\n\r\n`;

let client: HttpClient;
let server: Server;
let sockets: Socket[];
let answerWith: (socket: Socket) => void;

beforeEach(async () => {
  client = createHttpClient({ egress: createEgressPolicy({ allow: ['127.0.0.1/32'] }) });
  sockets = [];
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answerWith(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  await client.close();
  // The client has let go of what was sent to it for ever.
  await Promise.all(sockets.map(closed));
  server.close();
});

/** Not `once`: that rejects for the reset with which it may close. */
function closed(socket: Socket): Promise<void> | true {
  return socket.closed || new Promise((resolve) => socket.once('close', () => resolve()));
}

function post({ timeoutMs = 20_000 } = {}) {
  const { port } = server.address() as AddressInfo;
  return client.post({ url: `http://127.0.0.1:${port}/hook`, headers: {}, body: '{}', timeoutMs });
}

/** As much as the other side takes, up to so many bytes. */
function pour(socket: Socket, text: string, bytes = FLOOD_BYTES): void {
  const chunk = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
  let left = bytes;
  const more = () => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length;
      if (!socket.write(chunk)) return;
    }
  };
  socket.on('drain', more);
  more();
}

/** What an HTTP parser takes without an end, and no limit on header or body sees. */
const FLOODS: Record<string, [begin: string, again: string]> = {
  'interim answers': ['', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
  'a reason phrase': ['HTTP/1.1 200 ', 'a'],
  'empty lines': ['', '\r\n'],
  'white space before a value': [`${HEADER}x:`, ' '],
  'a chunk extension': [`${CHUNKED}1;`, 'a'],
  'zeros of a chunk length': [CHUNKED, '0'],
  'chunks of one byte with long extensions': [CHUNKED, `1;${'e'.repeat(15_000)}\r\nx\r\n`],
  'a header name': [HEADER, 'a'],
  'header lines': [HEADER, 'x: y\r\n'],
  'empty header lines': [HEADER, 'x:\r\n'],
  'trailer lines': [`${CHUNKED}0\r\n`, 'x: y\r\n'],
};

test.each(Object.entries(FLOODS))('%s without end: cut off long before the deadline', async (_, [begin, again]) => {
  answerWith = (socket) => {
    socket.write(begin);
    pour(socket, again);
  };
  const answer = await post();
  // A status line that came as a whole is told.
  expect(answer).toMatchObject({ statusCode: begin.startsWith(HEADER) ? 200 : null, fault: 'too_large' });
  expect(answer.error?.length).toBeLessThan(400);
  // What the client has not read waits in the kernel's buffers, some megabytes on either side.
  expect(sockets[0]?.bytesWritten).toBeLessThan(FLOOD_BYTES / 2);
});

test('a flood on a connection that waits for its next request closes it', async () => {
  answerWith = (socket) => {
    socket.write(`${HEADER}content-length: 0\r\n\r\n`);
    pour(socket, '\r\n');
  };
  expect(await post()).toMatchObject({ statusCode: 200 });
  await Promise.all(sockets.map(closed));
});

test('64 KiB in chunks of one byte are no flood', async () => {
  answerWith = (socket) => void socket.end(`${CHUNKED}${'1\r\nx\r\n'.repeat(64 * 1024)}0\r\n\r\n`);
  const answer = await post();
  expect([answer.statusCode, answer.body.length]).toEqual([200, 64 * 1024]);
});

/** One byte every so often: no single wait is long. */
function drip(socket: Socket, begin: string, byte: string): void {
  socket.write(begin);
  const timer = setInterval(() => socket.write(byte), 20);
  socket.on('close', () => clearInterval(timer));
}

test.each([
  ['the status line', 'HTTP/1.1 200 ', 'a'],
  ['the header', HEADER, 'x'],
  ['interim answers', '', 'HTTP/1.1 102 Processing\r\n\r\n'],
  ['the body', `${HEADER}content-length: 100000\r\n\r\n`, 'x'],
  ['chunks', CHUNKED, '1\r\nx\r\n'],
  ['the trailer', `${CHUNKED}0\r\n`, 'x'],
])('a drip in %s ends at the one deadline', async (_, begin, byte) => {
  answerWith = (socket) => drip(socket, begin, byte);
  const statusCode = begin.startsWith(HEADER) ? 200 : null;
  expect(await post({ timeoutMs: 300 })).toMatchObject({ statusCode, fault: 'timeout', retryAfterMs: null });
});

test.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip'])('%s: kept as it came, never inflated', async (encoding) => {
  const bomb = gzipSync(Buffer.alloc(MAX_READ_BYTES * 16));
  answerWith = (socket) => {
    socket.write(`${HEADER}content-encoding: ${encoding}\r\ncontent-length: ${bomb.length}\r\n\r\n`);
    socket.write(bomb);
  };
  const { statusCode, body } = await post();
  expect(statusCode).toBe(200);
  expect(Buffer.compare(body, bomb.subarray(0, 64 * 1024))).toBe(0);
});

describe('names', () => {
  /** Gives one list of addresses after the other, each time it is asked. */
  function resolver(...answers: string[][]) {
    const asked: string[] = [];
    const lookup: NameLookup = (name, _request, done) => {
      const addresses = answers[asked.push(name) - 1] ?? [];
      setImmediate(
        done,
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
    return { lookup, asked };
  }

  test('that change between check and connection: asked once, and what was answered is what is called', async () => {
    const receiver = await startReceiver();
    const { lookup, asked } = resolver(['127.0.0.1'], ['127.0.0.2']);
    // A sentinel where the second answer points to.
    const sentinel = await startReceiver({ host: '127.0.0.2', port: receiver.port });
    const rebound = createHttpClient({ egress: createEgressPolicy({ allow: ['127.0.0.1/32'] }), lookup });
    const url = receiver.url('/hook', 'rebinding.test');
    const answer = await rebound.post({ url, headers: {}, body: 'x', timeoutMs: 10_000 });
    expect([answer.statusCode, asked]).toEqual([200, ['rebinding.test']]);
    expect((await rebound.connect({ url, timeoutMs: 10_000 }))?.error).toContain('may not be called');
    expect([receiver.connections().seen, sentinel.connections().seen]).toEqual([1, 0]);
    await rebound.close();
    await receiver.stop();
    await sentinel.stop();
  });

  test.each([
    ['the first', ['127.0.0.2', '127.0.0.1']],
    ['the last', ['127.0.0.1', '127.0.0.2']],
    ['a mapped one', ['127.0.0.1', '::ffff:127.0.0.2']],
    ['one of many', [...Array(200).fill('127.0.0.1'), '127.0.0.2']],
  ])('of which %s is forbidden are not called at all', async (_, addresses) => {
    const receiver = await startReceiver();
    const mixed = createHttpClient({
      egress: createEgressPolicy({ allow: ['127.0.0.1/32'] }),
      lookup: resolver(addresses, addresses).lookup,
    });
    const url = receiver.url('/hook', 'mixed.test');
    const answer = await mixed.post({ url, headers: {}, body: 'x', timeoutMs: 10_000 });
    expect(answer).toMatchObject({ statusCode: null, fault: 'egress' });
    expect((await mixed.connect({ url, timeoutMs: 10_000 }))?.error).toContain('may not be called');
    expect(receiver.connections().seen).toBe(0);
    await mixed.close();
    await receiver.stop();
  });

  test('a redirect to a forbidden address is an answer, and is not followed', async () => {
    const sentinel = await startReceiver({ host: '127.0.0.2' });
    for (const location of [sentinel.url('/'), `//127.0.0.2:${sentinel.port}/`, 'http://169.254.169.254/']) {
      answerWith = (socket) =>
        void socket.end(`HTTP/1.1 307 X\r\nconnection: close\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`);
      expect(await post()).toMatchObject({ statusCode: 307, fault: null });
    }
    expect(sentinel.connections().seen).toBe(0);
    await sentinel.stop();
  });
});

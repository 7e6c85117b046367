import { createEgressPolicy } from '../../../src/outbound/egressPolicy';
import { createHttpClient, type HttpClient } from '../../../src/outbound/httpClient';
import { type RawReceiver, startRawReceiver } from '../../support/rawReceiver';

let client: HttpClient;
let receiver: RawReceiver;

beforeEach(() => {
  client = createHttpClient({ egress: createEgressPolicy({ allow: ['127.0.0.1/32'] }) });
});
afterEach(async () => {
  await client.close();
  await receiver.stop();
});

const post = ({ timeoutMs = 5_000 } = {}) => client.post({ url: receiver.url, headers: {}, body: '{}', timeoutMs });
const text = (body: Uint8Array) => Buffer.from(body).toString('latin1');

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = 'transfer-encoding: chunked\r\n';
const BYTES = '2\r\nok\r\n0\r\n\r\n';

/** What comes on a connection that stays open, the status that it says, its body, and whether the connection serves again. */
const TAKEN: Record<string, [answer: string, status: number, body: string, isReused: boolean]> = {
  'a plain 200': [`${OK}content-length: 2\r\n\r\nok`, 200, 'ok', true],
  '204 with a length and the bytes': ['HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nnull', 204, '', false],
  '204 with a length and no bytes': ['HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n', 204, '', false],
  '204 with the length 0': ['HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', 204, '', true],
  '204 in chunks': [`HTTP/1.1 204 No Content\r\n${CHUNKED}\r\n0\r\n\r\n`, 204, '', false],
  '304 with a length': ['HTTP/1.1 304 Not Modified\r\nContent-Length: 20\r\n\r\n', 304, '', false],
  '100 nobody asked for': [`HTTP/1.1 100 Continue\r\n\r\n${OK}content-length: 2\r\n\r\nok`, 200, 'ok', true],
  '100, 102, 103, 100': [
    `HTTP/1.1 100 C\r\n\r\nHTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nlink: </a>\r\n\r\nHTTP/1.1 100 C\r\n\r\n${OK}content-length: 0\r\n\r\n`,
    ...([200, '', true] as const),
  ],
  'two equal lengths': [`${OK}Content-Length: 2\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', true],
  'a list of equal lengths': [`${OK}Content-Length: 2, 2\r\n\r\nok`, 200, 'ok', true],
  'a length beside chunks': [`${OK}content-length: 20\r\n${CHUNKED}\r\n${BYTES}`, 200, 'ok', false],
  'a length after chunks': [`${OK}${CHUNKED}content-length: 1\r\n\r\n${BYTES}`, 200, 'ok', false],
  'chunks named twice': [`${OK}${CHUNKED}${CHUNKED}\r\n${BYTES}`, 200, 'ok', false],
  'identity beside a length': [`${OK}transfer-encoding: identity\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', false],
  'chunks with extensions and a trailer': [
    `${OK}${CHUNKED}\r\n2;a="b"\r\nok\r\n0;c\r\nx-sum: 1\r\n\r\n`,
    200,
    'ok',
    true,
  ],
  'white space around the size of a chunk': [`${OK}${CHUNKED}\r\n 2 \r\nok\r\n0 \r\n\r\n`, 200, 'ok', true],
  'a folded line': [`${OK}x-note: one\r\n  two\r\n\tcontent-length: 7\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', true],
  'a folded length': [`${OK}content-length:\r\n 2\r\n\r\nok`, 200, 'ok', true],
  'white space before the first field': [`${OK} x: y\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', true],
  'bare LF': ['HTTP/1.1 200 OK\ncontent-length: 2\n\nok', 200, 'ok', true],
  'bare LF in chunks': [`HTTP/1.1 200 OK\n${CHUNKED}\n2\nok\n0\n\n`, 200, 'ok', true],
  'bare CR in a value': [`${OK}x: a\rb\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', true],
  'white space before the colon': [`${OK}content-length : 2\r\n\r\nok`, 200, 'ok', true],
  'a line without a colon': [`${OK}nonsense\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', false],
  'a name that is none': [`${OK}a(b): 1\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', false],
  'bytes that are not ASCII, and NUL': [`${OK}x: \xe6\x88\0\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', true],
  'no reason, no space': ['HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n', 200, '', true],
  'more white space in the status line': ['HTTP/1.1   202\t Accepted \r\ncontent-length: 0\r\n\r\n', 202, '', true],
  'empty lines before': [`\r\n\r\n${OK}content-length: 0\r\n\r\n`, 200, '', true],
  'a version in small letters': ['http/1.1 200 ok\r\ncontent-length: 0\r\n\r\n', 200, '', true],
  'HTTP/1.0': ['HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', 200, 'ok', false],
  'HTTP/1.0 that stays': ['HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok', 200, 'ok', true],
  'a status beyond 599': ['HTTP/1.1 999 Denied\r\ncontent-length: 0\r\n\r\n', 999, '', true],
  'more bytes than its length': [`${OK}content-length: 2\r\n\r\nokay`, 200, 'ok', false],
  'Connection: close': [`${OK}connection: close\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', false],
  'Connection: Keep-Alive, Close': [
    `${OK}connection: Keep-Alive, Close\r\ncontent-length: 2\r\n\r\nok`,
    200,
    'ok',
    false,
  ],
  'Keep-Alive: timeout=0': [`${OK}keep-alive: timeout=0\r\ncontent-length: 2\r\n\r\nok`, 200, 'ok', false],
};

describe.each(Object.entries(TAKEN))('%s', (_, [answer, statusCode, body, isReused]) => {
  test('is taken, the connection is used again only where that is safe', async () => {
    receiver = await startRawReceiver((socket) => void socket.write(answer, 'latin1'));
    for (let n = 0; n < 3; n += 1) {
      const came = await post();
      expect([came.statusCode, came.fault, came.error, text(came.body)]).toEqual([statusCode, null, null, body]);
    }
    expect(receiver.connections()).toBe(isReused ? 1 : 3);
  });

  test('is taken byte by byte', async () => {
    receiver = await startRawReceiver((socket) => {
      socket.setNoDelay(true);
      let at = 0;
      const next = () => {
        if (at >= answer.length || socket.destroyed) return;
        socket.write(answer.charAt(at), 'latin1', () => setImmediate(next));
        at += 1;
      };
      next();
    });
    const came = await post();
    expect([came.statusCode, came.fault, text(came.body)]).toEqual([statusCode, null, body]);
  });
});

/** Then the connection ends. */
test.each([
  ['no length', `${OK}\r\nok`],
  ['no length, HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nok'],
  ['a coding after chunks', `${OK}transfer-encoding: chunked, gzip\r\n\r\nok`],
])('%s: the body is all that comes', async (_, answer) => {
  receiver = await startRawReceiver((socket) => void socket.end(answer));
  const came = await post();
  expect([came.statusCode, came.fault, text(came.body)]).toEqual([200, null, 'ok']);
});

/** The connection stays open: what is wrong is known without its end. */
test.each([
  ['two lengths', `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nok!`, 200, 'protocol', 'Content-Length'],
  ['a list of two lengths', `${OK}content-length: 2, 3\r\n\r\nok!`, 200, 'protocol', 'Content-Length'],
  ['a length that is no number', `${OK}content-length: two\r\n\r\nok`, 200, 'protocol', 'Content-Length'],
  ['a negative length', `${OK}content-length: -2\r\n\r\nok`, 200, 'protocol', 'Content-Length'],
  ['a chunk without a size', `${OK}${CHUNKED}\r\nok\r\n0\r\n\r\n`, 200, 'protocol', 'chunk'],
  ['a chunk longer than its size', `${OK}${CHUNKED}\r\n1\r\nok\r\n0\r\n\r\n`, 200, 'protocol', 'chunk'],
  ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n', 101, 'protocol', '101'],
  ['another protocol', '220 mail.example ESMTP ready\r\n', null, 'protocol', 'HTTP'],
  ['the beginning of another protocol', 'SSH', null, 'protocol', 'HTTP'],
  ['a status line without a status', 'HTTP/1.1 OK\r\n\r\n', null, 'protocol', 'status line'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', null, 'protocol', 'status line'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n', null, 'protocol', 'status line'],
] as const)('%s: refused by its name, the status is kept', async (_, answer, statusCode, fault, error) => {
  receiver = await startRawReceiver((socket) => void socket.write(answer));
  expect(await post()).toMatchObject({ statusCode, fault, error: expect.stringContaining(error) });
});

test.each([
  ['in the header', `${OK}content-le`, null],
  ['in a body with a length', `${OK}content-length: 20\r\n\r\nhalf`, 'half'],
  ['in chunks', `${OK}${CHUNKED}\r\n4\r\nhalf\r\n`, 'half'],
  ['before the last chunk', `HTTP/1.1 410 Gone\r\n${CHUNKED}\r\n`, null],
  ['in the trailer', `HTTP/1.1 503 Later\r\nretry-after: 7\r\n${CHUNKED}\r\n4\r\nhalf\r\n0\r\nx: `, 'half'],
])('an end %s keeps the status', async (_, answer, responseExcerpt) => {
  receiver = await startRawReceiver((socket) => void socket.end(answer));
  const statusCode = Number(answer.slice(9, 12));
  const error = 'the connection ended before the answer was complete';
  expect(await post()).toMatchObject({ statusCode, fault: 'reset', error, responseExcerpt });
});

test('a deadline within the body keeps the status', async () => {
  receiver = await startRawReceiver((socket) => void socket.write(`${OK}content-length: 20\r\n\r\nhalf`));
  expect(await post({ timeoutMs: 300 })).toMatchObject({
    statusCode: 200,
    fault: 'timeout',
    error: 'no complete answer within 300 ms: timed out reading the answer',
  });
});

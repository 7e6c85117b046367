import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { JSON_API } from '../../../src/api/portalForm';
import { ROUTES } from '../../../src/api/server';
import { type BareApi, startBareApi } from '../security/bareApi';
import { nameOf } from '../security/routeTable';

const MAX_EVENT_BYTES = 65_536;
const EVENT = { event_source: '主', event_topic: 'gs', event_type: 'cert', event_status: '1', changes: ['id1'] };
const JSON_TYPES = ['application/json', 'Application/JSON; charset="UTF-8"', 'text/json', 'application/problem+json'];
const UNTOLD_TYPES = ['text/plain;charset=UTF-8', 'application/x-www-form-urlencoded', 'application/octet-stream'];
const OTHER_TYPES = [
  'application/xml',
  'application/jsonx',
  'application/*',
  'multipart/form-data; boundary=x',
  'json',
];

let api: BareApi;
let key: string;

beforeAll(async () => {
  api = await startBareApi({ maxEventBytes: MAX_EVENT_BYTES });
  key = api.key({ tenantId: 'acme', roles: ['operator', 'producer', 'subscriber'] });
});
beforeEach(() => api.published.splice(0));
afterAll(() => api.stop());

const publish = (body: Buffer | string, headers: Record<string, string> = {}) =>
  fetch(`${api.url}/api/publish`, { method: 'POST', headers: { authorization: key, ...headers }, body });
const padded = (bytes: number) => JSON.stringify({ ...EVENT, changes: ['x'.repeat(bytes)] });

describe.each(ROUTES.filter(({ body }) => body).map((route) => ({ name: nameOf(route), route })))(
  '$name',
  ({ route }) => {
    const path = route.path.replace('{version}', 'v3').replace(/\{\w+\}/g, '1');
    const statusOf = async (headers: Record<string, string>) =>
      (
        await fetch(api.url + path, {
          method: route.method.toUpperCase(),
          headers: { authorization: key, ...headers },
          body: '7',
        })
      ).status;
    const own = route.consumes?.[0] ?? 'application/json';

    test('takes a body of its own media types, and no other', async () => {
      for (const type of OTHER_TYPES) expect([type, await statusOf({ 'content-type': type })]).toEqual([type, 415]);
      const taken = route.consumes ?? [...JSON_TYPES, ...UNTOLD_TYPES];
      for (const type of taken) expect([type, await statusOf({ 'content-type': type })]).not.toEqual([type, 415]);
    });

    test.each(['GBK', 'iso-8859-1', '"utf-16"', "'windows-1252'"])('takes no charset %s', async (charset) => {
      expect(await statusOf({ 'content-type': `${own} ; Charset=${charset}` })).toBe(415);
    });

    test.each(['UTF-8', 'utf8', '"utf-8"', 'US-ASCII'])('takes charset %s, but in JSON:API', async (charset) => {
      const status = await statusOf({ 'content-type': `${own};charset=${charset}` });
      // Its specification refuses every parameter but ext and profile.
      if (own === JSON_API) expect(status).toBe(415);
      else expect(status).not.toBe(415);
    });

    test.each(['gzip', 'br', 'X-GZIP', 'identity'])('takes the encoding %s', async (encoding) => {
      expect(await statusOf({ 'content-type': own, 'content-encoding': encoding })).not.toBe(415);
    });

    test.each(['deflate', 'zstd', 'gzip, br', 'gzip, gzip'])(
      'takes no encoding %s, and says which',
      async (encoding) => {
        const answer = await fetch(api.url + path, {
          method: route.method.toUpperCase(),
          headers: { authorization: key, 'content-type': own, 'content-encoding': encoding },
          body: 'x',
        });
        expect([answer.status, answer.headers.get('accept-encoding')]).toEqual([415, 'gzip, br']);
      },
    );
  },
);

test('the bytes of another charset are not taken for other characters', async () => {
  // 涓 in UTF-8 and 中 and half of another one in GBK are the same bytes.
  const gbk = Buffer.concat([
    Buffer.from('{"event_source":"'),
    Buffer.of(0xe4, 0xb8, 0xad, 0xe6, 0x96, 0x87),
    Buffer.from('"}'),
  ]);
  const answer = await publish(gbk, { 'content-type': 'application/json; charset=GBK' });
  expect([answer.status, api.published]).toEqual([415, []]);
});

test('a byte order mark is no part of a body', async () => {
  const text = `\ufeff${JSON.stringify(EVENT)}`;
  for (const body of [text, gzipSync(text)]) {
    const headers: Record<string, string> = typeof body === 'string' ? {} : { 'content-encoding': 'gzip' };
    expect((await publish(body, headers)).status).toBe(200);
  }
  expect(api.published).toMatchObject([{ source: '主' }, { source: '主' }]);
  expect((await publish(`\ufeff${text}`)).status).toBe(400);
  expect((await publish('\ufeff')).status).toBe(400);
});

test.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
])('%s: the event is the one that was compressed', async (encoding, compress) => {
  const body = padded(20_000);
  expect((await publish(compress(body), { 'content-encoding': encoding })).status).toBe(200);
  expect(api.published).toMatchObject([{ source: '主', changes: `["${'x'.repeat(20_000)}"]` }]);
});

test.each([
  ['gzip', gzipSync],
  // Its usual quality takes half a minute on a busy machine.
  ['br', (text: Buffer) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
])('%s: what becomes too large is refused, however small it came', async (encoding, compress) => {
  const bomb = compress(Buffer.alloc(256 * 1024 * 1024, ' '));
  expect(bomb.length).toBeLessThan(1024 * 1024);
  const body = bomb.subarray(0, MAX_EVENT_BYTES);
  const before = process.memoryUsage().arrayBuffers;
  const answers = await Promise.all(Array.from({ length: 20 }, () => publish(body, { 'content-encoding': encoding })));
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(413));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
});

test.each([
  ['gzip', Buffer.from('{}')],
  ['gzip', gzipSync(padded(1000)).subarray(0, -20)],
  ['gzip', deflateSync(padded(1000))],
  ['br', brotliCompressSync(padded(1000)).subarray(0, -5)],
  ['br', Buffer.alloc(100, 0xff)],
  ['gzip', Buffer.alloc(0)],
])('%s that is none: %#', async (encoding, body) => {
  const answer = await publish(body, { 'content-encoding': encoding });
  expect([answer.status, api.published]).toEqual([400, []]);
});

test('a key pays for what a body becomes', async () => {
  const poor = await startBareApi({ maxEventBytes: MAX_EVENT_BYTES, rateLimitBytesPerKey: 65_536 });
  const authorization = poor.key({ tenantId: 'acme' });
  const small = gzipSync(padded(60_000));
  expect(small.length).toBeLessThan(500);
  const answers: { status: number; headers: Headers }[] = [];
  for (let call = 0; call < 20; call++) {
    const headers = { authorization, 'content-encoding': 'gzip' };
    answers.push(await fetch(`${poor.url}/api/publish`, { method: 'POST', headers, body: small }));
  }
  await poor.stop();
  // Two bursts of 64 KiB, and what comes back meanwhile: twenty of 60 kB are far beyond it.
  expect(answers.filter(({ status }) => status === 200).length).toBeLessThan(20);
  expect(answers.at(-1)?.status ?? 429).toBe(429);
  expect(Number(answers.find(({ status }) => status === 429)?.headers.get('retry-after'))).toBeGreaterThan(0);
});

test('the portal takes its own media type, in any of these encodings', async () => {
  const answer = await fetch(`${api.url}/portal/api/v2/subscription/subscription`, {
    method: 'POST',
    headers: { authorization: key, 'content-type': JSON_API, 'content-encoding': 'gzip' },
    body: gzipSync('{"data":[]}'),
  });
  expect(answer.status).toBe(400);
});

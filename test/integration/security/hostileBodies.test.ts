import { ROUTES } from '../../../src/api/server';
import { nameOf, type RouteCall, routeTable } from './routeTable';
import { startVictim } from './tenantsSetup';

jest.setTimeout(60_000);

let victim: Awaited<ReturnType<typeof startVictim>>;
let table: Record<string, RouteCall>;

beforeAll(async () => {
  victim = await startVictim();
  table = routeTable(victim.own);
});
afterAll(() => victim?.stop());

/** Below every limit of a body; as many members or elements as fit. */
const SIZE_BYTES = 30_000;
const DEEP = 5_000;

/** The JSON text, with every text in it replaced. */
const withTexts = (json: string, text: string) =>
  json.replace(/:"[^"]*"/g, `:"${text}"`).replace(/\["[^"]*"\]/g, `["${text}"]`);
const inside = (json: string, members: string) => (json === '{}' ? `{${members}}` : `{${members},${json.slice(1)}`);

const BODIES: Record<string, (json: string) => string | Buffer> = {
  'prototype keys first': (json) =>
    inside(
      json,
      '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,"hasOwnProperty":1',
    ),
  'prototype keys all through': (json) =>
    json
      .replaceAll('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},')
      .replaceAll(',}', '}'),
  'a prototype as a whole': () => '{"__proto__":{"changes":[1],"name":"x"}}',
  'a list nested deep': () => '['.repeat(DEEP) + ']'.repeat(DEEP),
  'an object nested deep': () => `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`,
  'a member nested deep': (json) => inside(json, `"x":${'['.repeat(100)}${']'.repeat(100)}`),
  'nesting without an end': () => '['.repeat(SIZE_BYTES),
  'many members': (json) => inside(json, Array.from({ length: SIZE_BYTES / 10 }, (_, n) => `"k${n}":1`).join()),
  'a long name': (json) => inside(json, `"${'k'.repeat(SIZE_BYTES - 2000)}":1`),
  'lists of empty texts': (json) => json.replace(/\[[^\]]*\]/g, `[${'"",'.repeat(SIZE_BYTES / 4)}""]`),
  'long texts': (json) => withTexts(json, 'x'.repeat(5_000)),
  'long numbers': (json) => json.replace(/:\d+/g, `:${'9'.repeat(5_000)}`),
  'NUL in every text': (json) => withTexts(json, 'a\\u0000b'),
  'half a surrogate pair in every text': (json) => withTexts(json, 'a\\ud800b'),
  'line breaks in every text': (json) => withTexts(json, 'a\\r\\nX-Injected: 1\\r\\n\\r\\nb'),
  'terminal escapes in every text': (json) => withTexts(json, '\\u001b[2J\\u009b31m\\u2028\\u202e'),
  'no UTF-8': (json) =>
    Buffer.concat([
      Buffer.from(inside(json, '"x":"').slice(0, -json.length)),
      Buffer.from([0xff, 0xc0, 0x80, 0x22]),
      Buffer.from('}'),
    ]),
  'half a character': () => Buffer.from([0x22, 0xe4, 0xb8, 0x22]),
  'UTF-16': (json) => Buffer.from(`\uFEFF${json}`, 'utf16le'),
  'a byte order mark': (json) => `\uFEFF${json}`,
  null: () => 'null',
  'a number': () => '1e999',
  'a list': (json) => `[${json}]`,
  'a text': () => '"{}"',
  nothing: () => '',
};

const WITH_BODY = ROUTES.filter(({ body }) => body).map((route) => ({ route, name: nameOf(route) }));

describe.each(WITH_BODY)('$name', ({ route, name }) => {
  test('answers every hostile body with a refusal or as it does any other, and goes on', async () => {
    const { path, body, headers, owner = 'victim' } = table[name] ?? { path: name };
    const json = JSON.stringify(body ?? {});
    for (const [what, make] of Object.entries(BODIES)) {
      const response = await victim.send(owner, route.method.toUpperCase(), path, { body: make(json), headers });
      const text = await response.text();
      expect({ what, status: response.status, isFault: response.status >= 500, text }).toMatchObject({
        isFault: false,
      });
      expect([...response.headers.keys()]).not.toContain('x-injected');
      // A refusal does not send back, or log, what it refuses at its full length.
      expect({ what, isLong: text.length > 60_000 }).toEqual({ what, isLong: false });
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    }
  });
});

test('the log is one line of JSON for each call still, and none of them is long', () => {
  expect(victim.lines.length).toBeGreaterThan(WITH_BODY.length);
  for (const line of victim.lines) {
    expect(line.indexOf('\n')).toBe(line.length - 1);
    expect(JSON.parse(line)).toHaveProperty('msg');
    expect(line.length).toBeLessThan(60_000);
  }
});

describe('what becomes a header', () => {
  test.each(['%0d%0aX-Injected:%201', '%00', '%0a', '%E2%80%A8', '..%2f', '%ff', '%c0%af'])(
    'a path with %s',
    async (encoded) => {
      for (const [method, path] of [
        ['GET', `/v1/subscriptions/${encoded}`],
        ['PUT', `/v1/topics/${encoded}`],
        ['GET', `/portal/api/v2/subscription/subscription/${encoded}`],
        ['GET', `/docs/${encoded}`],
        ['GET', `/v1/deliveries?cursor=${encoded}`],
      ] as const) {
        const body = method === 'PUT' ? '{"name":"x"}' : undefined;
        const owner = path.startsWith('/v1/topics') ? 'operator' : path.startsWith('/portal') ? 'victimUser' : 'victim';
        const response = await victim.send(owner, method, path, { body });
        expect({ path, status: response.status, isFault: response.status >= 500 }).toMatchObject({ isFault: false });
        expect([...response.headers.keys()]).not.toContain('x-injected');
        expect(response.headers.get('location') ?? '').not.toMatch(/[\r\n\0]/);
      }
    },
  );

  test.each(['Idempotency-Key', 'BK_USER', 'Content-Type', 'Accept'])(
    '%s of any bytes that HTTP lets through',
    async (name) => {
      for (const value of [
        '\x80\xff',
        '\u00e9'.repeat(100),
        'a'.repeat(10_000),
        "';--",
        '__proto__',
        'constructor',
        '*/*;q=x,,;',
      ]) {
        for (const route of [
          'post /api/publish',
          'post /api/{version}/event/subscribe/{bk_supplier_account}/{bk_biz_id}',
        ]) {
          const { path, body, owner = 'victim' } = table[route] ?? { path: route };
          const response = await victim.send(owner, 'POST', path, {
            body: JSON.stringify(body),
            headers: { [name]: value },
          });
          expect({ name, value: value.slice(0, 20), isFault: response.status >= 500 }).toMatchObject({
            isFault: false,
          });
        }
      }
    },
  );
});

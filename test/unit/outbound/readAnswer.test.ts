import { excerptOf, redirectOf, retryAfterMs } from '../../../src/outbound/readAnswer';

const DAY_MS = 24 * 60 * 60 * 1000;
const nowMs = Date.parse('2026-03-01T12:00:00Z');

describe('Retry-After', () => {
  const wait = (retryAfter: string, fields = {}, statusCode = 503) =>
    retryAfterMs({ statusCode, fields: new Map(Object.entries({ 'retry-after': retryAfter, ...fields })), nowMs });

  test.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['86400', DAY_MS],
    ['86401', DAY_MS],
    ['9'.repeat(400), DAY_MS],
    ['Sun, 01 Mar 2026 12:01:30 GMT', 90_000],
    ['Sunday, 01-Mar-26 12:01:30 GMT', 90_000],
    ['Sun Mar  1 12:01:30 2026', 90_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['Sun, 01 Mar 2099 11:00:00 GMT', DAY_MS],
  ])('%s', (text, waitMs) => {
    expect(wait(text)).toBe(waitMs);
  });

  test.each(['', '-5', '1.5', '1e3', 'soon', 'Sun, 99 Mar 2026 12:00:00 GMT', '2026-03-01T12:01:30Z', 'Sun', 'NaN'])(
    '%j is none',
    (text) => {
      expect(wait(text)).toBeNull();
    },
  );

  test('a date counts from the Date of the answer, if that is one', () => {
    const date = 'Sun, 01 Mar 2026 13:00:00 GMT';
    expect(wait('Sun, 01 Mar 2026 13:00:20 GMT', { date })).toBe(20_000);
    expect(wait('Sun, 01 Mar 2026 12:00:20 GMT', { date: 'yesterday' })).toBe(20_000);
  });

  test('the first of several counts; other statuses have none', () => {
    expect(wait('3, 9')).toBe(3_000);
    expect(wait('3', {}, 429)).toBe(3_000);
    for (const statusCode of [200, 202, 301, 410, 500, 502]) expect(wait('3', {}, statusCode)).toBeNull();
    expect(retryAfterMs({ statusCode: 429, fields: new Map(), nowMs })).toBeNull();
  });
});

describe('excerpt', () => {
  const sizeOf = (text: string | null) => Buffer.byteLength(text ?? '');

  test('text as it is, nothing for nothing', () => {
    expect(excerptOf(Buffer.from('{"errmsg":"成功"}'))).toBe('{"errmsg":"成功"}');
    expect(excerptOf(new Uint8Array(0))).toBeNull();
  });

  test('invalid bytes and NUL are replaced', () => {
    expect(excerptOf(Buffer.from([0x61, 0xff, 0x62, 0x00, 0x63]))).toBe('a\uFFFDb\uFFFDc');
    expect(excerptOf(Buffer.from([0x61, 0xe6, 0x88]))).toBe('a\uFFFD');
  });

  test('at most 4 KiB, and no character cut in two', () => {
    expect(excerptOf(Buffer.from('x'.repeat(70_000)))).toBe('x'.repeat(4096));
    expect(excerptOf(Buffer.from('成'.repeat(2_000)))).toBe('成'.repeat(1365));
    expect(excerptOf(Buffer.from(`x${'😀'.repeat(2_000)}`))).toBe(`x${'😀'.repeat(1023)}`);
  });

  test('at most 4 KiB also when replacing makes it longer', () => {
    for (const byte of [0xff, 0x00]) {
      const excerpt = excerptOf(Buffer.alloc(64 * 1024, byte));
      expect(excerpt).toBe('\uFFFD'.repeat(1365));
      expect(sizeOf(excerpt)).toBeLessThanOrEqual(4096);
    }
  });
});

describe('redirect', () => {
  const of = (statusCode: number, location?: string) =>
    redirectOf({ statusCode, fields: new Map(location === undefined ? [] : [['location', location]]) });

  test.each([300, 301, 302, 303, 307, 308])('%i says where to', (statusCode) => {
    expect(of(statusCode, '/login?a=b')).toBe('redirects are not followed, it points to /login?a=b');
  });

  test('in one bounded line, as UTF-8', () => {
    const bytes = Buffer.from('/成功\u0001x').toString('latin1');
    expect(of(302, bytes)).toBe('redirects are not followed, it points to /成功 x');
    expect(of(302, 'x'.repeat(10_000))?.length).toBeLessThan(400);
    expect(of(302)).toBe('redirects are not followed; it points nowhere');
  });

  test.each([200, 204, 304, 404])('%i is none', (statusCode) => {
    expect(of(statusCode, '/login')).toBeNull();
  });
});

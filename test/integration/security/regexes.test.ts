import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const SRC = join(__dirname, '..', '..', '..', 'src');
/**
 * From short to long, for a search that has begun cannot be broken off: at 28 one that doubles with each character takes
 * seconds already, at 1024 a cubic one, at 64 KiB a quadratic one. A linear one takes a millisecond.
 */
const LENGTHS = [18, 22, 26, 28, 1024, 4096, 64 * 1024];
const ENOUGH_MS = 3_000;

jest.setTimeout(60_000);

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return filesIn(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** Every regular expression literal that stands in the sources. */
function literals(): { pattern: RegExp; where: string }[] {
  return filesIn(SRC).flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, at) =>
        [
          ...line
            .replace(/^\s*(\/\/|\*|\/\*\*).*/, '')
            .matchAll(/(?<=[=(:,!&|?[]\s*|return )\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuy]*)/g),
        ].map(([, source = '', flags]) => ({
          pattern: new RegExp(source, flags),
          where: `${file.slice(SRC.length)}:${at + 1}`,
        })),
      ),
  );
}

const filled = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

/** What patterns take, and what stands before it. */
const TAKEN = ['a', 'A', '0', '9', '-', '_', '.', ' ', '\t', ':', '/', '=', 'a1', '0.', '\u0000', '\ud800', '{}', '[]'];
const BEGINS = ['', 'pr_', 'pr_a_', 'http://', '0.'];

/** Long runs, each also with an end that spoils the match; the short ones first. */
function* attacks(source: string): Generator<string> {
  const words = source.match(/[A-Za-z]{2,}/g) ?? [];
  for (const length of LENGTHS) {
    for (const run of [...TAKEN, ...words].map((unit) => filled(unit, length))) {
      for (const begin of new Set([...BEGINS, ...words])) {
        yield begin + run;
        yield `${begin}${run}\n!`;
      }
    }
  }
}

/** How long the pattern takes for all of them, or until it is clear that it takes too long. */
function timeMs(pattern: RegExp): number {
  const startedAtMs = performance.now();
  for (const text of attacks(pattern.source)) {
    pattern.lastIndex = 0;
    pattern.test(text);
    if (performance.now() - startedAtMs > ENOUGH_MS) break;
  }
  return performance.now() - startedAtMs;
}

const all = literals();

test('the patterns of the sources are found', () => {
  expect(all.length).toBeGreaterThan(25);
  const found = new Set(all.map(({ pattern }) => pattern.source));
  for (const known of ['^[A-Za-z0-9._~-]{1,128}$', '^pr_([A-Za-z0-9]+)_([A-Za-z0-9_-]{32,})$', '^\\d{1,10}$']) {
    expect(found).toContain(known);
  }
});

test('the attack finds a pattern that backtracks', () => {
  expect(timeMs(/^(\d+)+$/)).toBeGreaterThan(ENOUGH_MS);
});

test.each(all)('$where $pattern: 64 KiB of anything is looked through at once', ({ pattern }) => {
  expect(timeMs(pattern)).toBeLessThan(ENOUGH_MS);
});

import type { Knex } from 'knex';
import { inTurn, type RowToLock } from '../../../src/db/rowTurns';

const APP: RowToLock = { key: 'app', mode: 'exclusive' };
const SHARED_APP: RowToLock = { key: 'app', mode: 'share' };
const ROW: RowToLock = { key: 'row', mode: 'exclusive' };

/** Only a name for the turns: nothing is asked of it. */
const pool = () => ({}) as Knex;

/** Work that ends when it is told to, and says when it begins. */
function setUp(db = pool()) {
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  function start(name: string, ...rows: RowToLock[]): Promise<void> {
    return inTurn(db, rows, () => {
      begun.push(name);
      return new Promise((resolve, reject) => ends.set(name, (error) => (error ? reject(error) : resolve())));
    });
  }
  return {
    begun,
    start,
    async end(name: string, error?: Error) {
      ends.get(name)?.(error);
      await settled();
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('writes of one row go one after another, in the order in which they came', async () => {
  const { begun, start, end } = setUp();
  const all = [start('a', ROW), start('b', ROW), start('c', ROW)];
  await settled();
  expect(begun).toEqual(['a']);
  await end('a');
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  await end('c');
  await Promise.all(all);
  expect(begun).toEqual(['a', 'b', 'c']);
});

test('a write that fails makes room too', async () => {
  const { begun, start, end } = setUp();
  const failing = expect(start('a', ROW)).rejects.toThrow('broken');
  const next = start('b', ROW);
  await settled();
  await end('a', new Error('broken'));
  await failing;
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  await next;
});

test('sharers of a row go side by side; one that wants it alone waits for them, and they for it', async () => {
  const { begun, start, end } = setUp();
  const all = [start('a', SHARED_APP), start('b', SHARED_APP), start('alone', APP), start('c', SHARED_APP)];
  await settled();
  expect(begun).toEqual(['a', 'b']);
  await end('a');
  await end('b');
  expect(begun).toEqual(['a', 'b', 'alone']);
  await end('alone');
  expect(begun).toEqual(['a', 'b', 'alone', 'c']);
  await end('c');
  await Promise.all(all);
});

test('other rows, and other pools, are not concerned', async () => {
  const { begun, start, end } = setUp();
  const other = setUp();
  const all = [start('a', ROW), start('b', { ...ROW, key: 'another' }), other.start('elsewhere', ROW)];
  await settled();
  expect([...begun, ...other.begun]).toEqual(['a', 'b', 'elsewhere']);
  await end('a');
  await end('b');
  await other.end('elsewhere');
  await Promise.all(all);
});

describe('with a clock of the test', () => {
  beforeEach(() => jest.useFakeTimers({ doNotFake: ['setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  test('who waits too long is refused, and those behind it go on', async () => {
    const { begun, start, end } = setUp();
    const first = start('a', SHARED_APP);
    const late = expect(start('late', APP)).rejects.toThrow('waited too long for what this call changes');
    await settled();
    jest.advanceTimersByTime(5000);
    const behind = start('behind', SHARED_APP);
    await settled();
    expect(begun).toEqual(['a']);
    jest.advanceTimersByTime(1000);
    await late;
    await settled();
    expect(begun).toEqual(['a', 'behind']);
    await end('a');
    await end('behind');
    await Promise.all([first, behind]);
  });

  test('the app of one that waited in vain for its subscription is free again', async () => {
    const { begun, start, end } = setUp();
    const holder = start('holder', ROW);
    const late = expect(start('late', APP, ROW)).rejects.toThrow('waited too long');
    const next = start('next', APP);
    await settled();
    jest.advanceTimersByTime(5999);
    await settled();
    expect(begun).toEqual(['holder']);
    jest.advanceTimersByTime(1);
    await late;
    await next.catch(() => undefined);
    await end('holder');
    await holder;
    const free = start('free', APP, ROW);
    await settled();
    expect(begun).toContain('free');
    await end('free');
    await free;
  });

  test('more than can have their turn are refused at once', async () => {
    const { start, end } = setUp();
    const first = start('a', ROW);
    const waiting = Array.from({ length: 200 }, () => start('b', ROW).catch(() => undefined));
    await settled();
    await expect(start('one more', ROW)).rejects.toThrow('too many calls wait for what this call changes');
    jest.advanceTimersByTime(6000);
    await Promise.all(waiting);
    await end('a');
    await first;
  });
});

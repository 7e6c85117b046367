import { Refusal } from '../../../../src/services/errors';
import { FairWriter, type FairWriterOptions } from '../../../../src/services/writers/fairWriter';
import type { Place, WriteOptions } from '../../../../src/services/writers/place';

interface Written extends WriteOptions {
  items: string[];
  end(error?: Error): Promise<void>;
}

const LOCKED = new Error('locked');
const CONTENT = new Error('content');

/** An item is its tenant, its flow and a number: `a.x1`. One that ends in `s` shares groups, one in `l` those that lock. */
function placeOf(item: string): Place {
  const shares = item.endsWith('s') ? 'free' : item.endsWith('l') ? 'locking' : null;
  return { tenantId: item.charAt(0), flow: item.charAt(2), cost: 1, shares };
}

/** A writer whose writes end when, and as, they are told to. */
function held(options: Partial<FairWriterOptions<string, string>> = {}) {
  const writes: Written[] = [];
  const results: Record<string, string> = {};
  const writer = new FairWriter<string, string>({
    writers: 4,
    maxItems: 10,
    lockedForMs: 7000,
    isContentError: (error) => error === CONTENT,
    isLockTimeout: (error) => error === LOCKED,
    write: (items, writeOptions) =>
      new Promise((resolve, reject) => {
        const end = async (error?: Error) => {
          if (error) reject(error);
          else resolve(items.map((item) => `${item}!`));
          await new Promise((done) => setImmediate(done));
        };
        writes.push({ items, end, ...writeOptions });
      }),
    ...options,
  });
  const submit = (...items: string[]) => {
    for (const item of items) {
      writer.submit(item, placeOf(item)).then(
        (result) => {
          results[item] = result;
        },
        (error: Error) => {
          results[item] = error.message;
        },
      );
    }
  };
  return { writer, writes, results, submit, itemsOf: () => writes.map(({ items }) => items) };
}

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

test('light items of all tenants share groups, one at a time; everything else is written by tenant, at the same time', async () => {
  const { writes, submit, itemsOf } = held();
  submit('a.x1s', 'b.x1s', 'c.x1s', 'a.y2', 'b.y2', 'a.y3', 'a.z3');
  expect(itemsOf()).toEqual([['a.x1s'], ['a.y2'], ['b.y2']]);
  await writes[0]?.end();
  expect(itemsOf()[3]?.toSorted()).toEqual(['b.x1s', 'c.x1s']);
  await writes[1]?.end();
  expect(itemsOf()[4]).toEqual(['a.y3', 'a.z3']);
  expect(writes.map(({ isShared }) => isShared)).toEqual([true, false, false, true, false]);
});

test('what waits for locks shares groups of its own', async () => {
  const { writes, submit, itemsOf } = held();
  submit('a.x1l', 'b.x1l', 'c.x1s', 'a.y2l', 'a.y3s');
  expect(itemsOf()).toEqual([['a.x1l'], ['c.x1s']]);
  await writes[1]?.end();
  expect(itemsOf()[2]).toEqual(['a.y3s']);
  await writes[0]?.end();
  expect(itemsOf()[3]?.toSorted()).toEqual(['a.y2l', 'b.x1l']);
});

test('whatever its groups wait for, a tenant leaves writers to the next one', async () => {
  const { writes, submit, itemsOf } = held();
  submit('a.x1', 'a.y1');
  await writes[0]?.end(LOCKED);
  expect(itemsOf().slice(1)).toEqual([['a.x1'], ['a.y1']]);
  await writes[2]?.end(LOCKED);
  submit('a.z1', 'b.x1', 'c.x1');
  expect(itemsOf().slice(3)).toEqual([['a.y1'], ['b.x1'], ['c.x1']]);
});

test('a shared group that fails for one of its items is written by tenant, and nobody else waits for it', async () => {
  const { writes, results, submit, itemsOf } = held();
  submit('d.x0s', 'a.x1s', 'a.x2s', 'b.x1s');
  await writes[0]?.end();
  submit('c.x1s');
  await writes[1]?.end(LOCKED);
  expect(itemsOf().slice(2)).toEqual(expect.arrayContaining([['c.x1s'], ['a.x1s'], ['b.x1s']]));
  for (const { end } of writes.slice(2)) await end();
  for (const { end } of writes.slice(5)) await end();
  expect(results).toEqual({
    ...{ 'd.x0s': 'd.x0s!', 'c.x1s': 'c.x1s!' },
    ...{ 'a.x1s': 'a.x1s!', 'a.x2s': 'a.x2s!', 'b.x1s': 'b.x1s!' },
  });
});

test('a tenant that met a lock alone shares no groups for a while, and gives up a lock later', async () => {
  const { writes, submit } = held();
  submit('a.x1');
  expect(writes[0]).toMatchObject({ isShared: false, lockTimeoutMs: 100 });
  await writes[0]?.end(LOCKED);
  expect(writes[1]).toMatchObject({ items: ['a.x1'], lockTimeoutMs: 500 });
  await writes[1]?.end();
  submit('a.x2s');
  expect(writes[2]).toMatchObject({ items: ['a.x2s'], isShared: false });
  await writes[2]?.end();
  await jest.advanceTimersByTimeAsync(60_000);
  submit('a.x3s');
  expect(writes[3]).toMatchObject({ items: ['a.x3s'], isShared: true });
});

test('a group that meets a lock is split by flow: only what needs the locked row waits, with a pause between', async () => {
  const { writes, results, submit, itemsOf } = held();
  submit('a.w0', 'a.x1', 'a.x2', 'a.y1');
  await writes[0]?.end();
  expect(itemsOf()[1]).toEqual(['a.x1', 'a.x2', 'a.y1']);
  await writes[1]?.end(LOCKED);
  expect(itemsOf().slice(2)).toEqual([['a.x1', 'a.x2'], ['a.y1']]);
  await writes[2]?.end(LOCKED);
  await writes[3]?.end();
  expect(results).toMatchObject({ 'a.y1': 'a.y1!' });
  submit('a.x3', 'a.y2');
  expect(itemsOf().slice(4)).toEqual([['a.y2']]);
  await jest.advanceTimersByTimeAsync(200);
  expect(itemsOf()[5]).toEqual(['a.x1']);
  await writes[5]?.end();
  expect(itemsOf()[6]).toEqual(['a.x2', 'a.x3']);
  await writes[6]?.end();
  expect(results).toMatchObject({ 'a.x1': 'a.x1!', 'a.x2': 'a.x2!', 'a.x3': 'a.x3!' });
});

test('what stays locked is refused before its caller gives up', async () => {
  const { writes, results, submit } = held({ lockedForMs: 1000 });
  submit('a.x1');
  for (let i = 0; results['a.x1'] === undefined && i < 20; i++) {
    await writes[i]?.end(LOCKED);
    await jest.advanceTimersByTimeAsync(300);
  }
  expect(results['a.x1']).toMatch(/try again/);
  const before = writes.length;
  await jest.advanceTimersByTimeAsync(10_000);
  expect(writes).toHaveLength(before);
});

test('a group that fails for its content is written one by one, so that only the bad item fails', async () => {
  const { writes, results, submit, itemsOf } = held();
  submit('a.x0', 'a.x1', 'a.x2');
  await writes[0]?.end();
  await writes[1]?.end(CONTENT);
  expect(itemsOf()[2]).toEqual(['a.x1']);
  await writes[2]?.end(CONTENT);
  await writes[3]?.end();
  expect(results).toEqual({ 'a.x0': 'a.x0!', 'a.x1': 'content', 'a.x2': 'a.x2!' });
});

test('weights bound a group, but never an item alone', async () => {
  const { writes, submit, itemsOf } = held({ limits: [{ weigh: (item) => item.length, max: 9 }] });
  submit('a.x', 'a.x1', 'a.x12', 'a.x123', 'a.x too long for any', 'a.x');
  for (let i = 0; i < 4; i++) await writes[i]?.end();
  expect(itemsOf()).toEqual([['a.x'], ['a.x1', 'a.x12'], ['a.x123'], ['a.x too long for any'], ['a.x']]);
});

test('a tenant may have as many waiting as it leaves free: more of its own are refused, and the next tenant is not', async () => {
  const { writer, submit } = held({ maxWaiting: 6 });
  submit('a.x1', 'a.x2', 'a.x3');
  const refusal = await writer.submit('a.x4', placeOf('a.x4')).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({ status: 503, retryAfterS: 1 });
  submit('b.x1', 'b.x2s', 'c.x1');
  await expect(writer.submit('d.x1', placeOf('d.x1'))).rejects.toMatchObject({ status: 503 });
});

test('a tenant that has to rest is written when it has; others are not held up', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  try {
    const { writes, submit } = held({ waitMs: (tenantId) => (tenantId === 'a' ? 500 : 0) });
    submit('a.x1', 'b.x1');
    expect(writes.map(({ items }) => items)).toEqual([['b.x1']]);
    jest.advanceTimersByTime(500);
    expect(writes.map(({ items }) => items)).toEqual([['b.x1'], ['a.x1']]);
  } finally {
    jest.useRealTimers();
  }
});

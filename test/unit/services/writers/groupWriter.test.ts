import { Refusal } from '../../../../src/services/errors';
import { GroupWriter, type GroupWriterOptions } from '../../../../src/services/writers/groupWriter';

/** A writer whose writes end when they are told to. */
function held(options: Partial<GroupWriterOptions<string, string>> = {}) {
  const groups: string[][] = [];
  const ends: (() => void)[] = [];
  const writer = new GroupWriter<string, string>({
    maxItems: 3,
    async write(items) {
      groups.push(items);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (items.includes('bad')) throw new Error('content');
      if (items.includes('down')) throw new Error('away');
      return items.map((item) => `${item}!`);
    },
    ...options,
  });
  const end = async () => {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { writer, groups, end };
}

test('alone, an item is written at once; what comes meanwhile shares the next write', async () => {
  const { writer, groups, end } = held();
  const results = ['1', '2', '3', '4', '5'].map((item) => writer.submit(item));
  expect(groups).toEqual([['1']]);
  await end();
  expect(groups).toEqual([['1'], ['2', '3', '4']]);
  await end();
  await end();
  expect(groups[2]).toEqual(['5']);
  expect(await Promise.all(results)).toEqual(['1!', '2!', '3!', '4!', '5!']);
});

test('after a group of several the next one gathers, up to a full one; after one alone it does not', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  try {
    const { writer, groups, end } = held({ gatherMs: 5 });
    const submit = (...items: string[]) => {
      for (const item of items) void writer.submit(item);
    };
    submit('1', '2', '3');
    await end();
    expect(groups).toEqual([['1'], ['2', '3']]);
    submit('4');
    await end();
    submit('5');
    expect(groups).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(5);
    expect(groups[2]).toEqual(['4', '5']);
    submit('6', '7', '8', '9');
    await end();
    expect(groups[3]).toEqual(['6', '7', '8']);
  } finally {
    jest.useRealTimers();
  }
});

test('tenants take turns at the places of a group, however many items one has put in', async () => {
  const { writer, groups, end } = held({ share: (item) => ({ tenantId: item.charAt(0), flow: '' }) });
  for (const item of ['a1', 'a2', 'a3', 'a4', 'a5', 'b1', 'c1']) void writer.submit(item);
  await end();
  expect(groups[1]?.toSorted()).toEqual(['a2', 'b1', 'c1']);
  await end();
  expect(groups[2]).toEqual(['a3', 'a4', 'a5']);
});

test('a group that fails, fails as a whole, and the next one is written', async () => {
  const { writer, groups, end } = held();
  const results = ['1', '2', 'down', '3', '4'].map((item) =>
    writer.submit(item).catch((error: Error) => error.message),
  );
  for (let i = 0; i < 3; i++) await end();
  expect(groups).toEqual([['1'], ['2', 'down', '3'], ['4']]);
  expect(await Promise.all(results)).toEqual(['1!', 'away', 'away', 'away', '4!']);
});

test('what is rescued from a failed group holds up nobody', async () => {
  const rescued: string[] = [];
  const { writer, groups, end } = held({
    rescue: (item, error) => {
      if ((error as Error).message !== 'content') return null;
      rescued.push(item);
      return item === 'bad' ? Promise.reject(new Error('refused')) : new Promise(() => undefined);
    },
  });
  const [one, good, bad, next] = ['1', '2', 'bad', '3'].map((item) => writer.submit(item));
  const [refusal] = [expect(bad).rejects.toThrow('refused')];
  await end();
  await end();
  expect(rescued).toEqual(['2', 'bad', '3'].filter((item) => groups[1]?.includes(item)));
  await refusal;
  expect(await one).toBe('1!');
  expect([good, next]).toHaveLength(2);
  void writer.submit('4');
  expect(groups[2]).toEqual(['4']);
});

test('more than may wait is refused, to be tried again', async () => {
  const { writer, end } = held({ maxWaiting: 2 });
  const results = [writer.submit('written'), writer.submit('1'), writer.submit('2')];
  const refusal = await writer.submit('3').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(Refusal);
  expect(refusal).toMatchObject({ status: 503, retryAfterS: 1 });
  await end();
  await end();
  expect(await Promise.all(results)).toEqual(['written!', '1!', '2!']);
});

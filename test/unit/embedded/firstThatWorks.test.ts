import { firstThatWorks } from '../../../src/embedded/temporalBinary';

function way(name: string, result: string | Error) {
  return { name, find: jest.fn(async () => (result instanceof Error ? Promise.reject(result) : result)) };
}

test('takes the first way that works and tries no other', async () => {
  const ways = [way('a', new Error('no')), way('b', '/b'), way('c', '/c')];
  const onProgress = jest.fn();
  expect(await firstThatWorks({ what: 'the tool', ways, advice: 'Buy one', onProgress })).toBe('/b');
  expect(ways[2]?.find).not.toHaveBeenCalled();
  expect(onProgress.mock.calls.flat()).toEqual(['the tool: trying a', 'a failed: no', 'the tool: trying b']);
});

test('lists every way with its reason, and what to do, when none works', async () => {
  const ways = [way('a', new Error('no network')), way('b', new Error('no pip'))];
  const found = firstThatWorks({ what: 'the tool', ways, advice: 'Buy one', onProgress: () => undefined });
  await expect(found).rejects.toThrow('the tool was not found. Tried:\n  - a: no network\n  - b: no pip\nBuy one.');
});

import { readPage } from '../../../src/services/page';

const items = [1, 2, 3, 4, 5];
const read = async ({ after, limit }: { after: number | null; limit: number }) =>
  items.filter((item) => item > (after ?? 0)).slice(0, limit);
const page = (after: number | null, limit: number) => readPage({ after, limit }, read, (item) => item);

test('a page has its limit, and a key only when there is more', async () => {
  expect(await page(null, 2)).toEqual({ data: [1, 2], nextKey: 2 });
  expect(await page(2, 2)).toEqual({ data: [3, 4], nextKey: 4 });
  expect(await page(4, 2)).toEqual({ data: [5], nextKey: null });
  expect(await page(null, 5)).toEqual({ data: items, nextKey: null });
  expect(await page(5, 5)).toEqual({ data: [], nextKey: null });
});

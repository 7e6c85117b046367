import { decodeCursor, encodeCursor, readPage } from '../../../src/services/page';

const items = [1, 2, 3, 4, 5];
const read = async ({ after, limit }: { after: number | null; limit: number }) =>
  items.filter((item) => item > (after ?? 0)).slice(0, limit);
const page = (after: number | null, limit: number) => readPage({ after, limit }, read, (item) => item);

test('a page has its limit, and a cursor only when there is more', async () => {
  expect(await page(null, 2)).toEqual({ data: [1, 2], nextCursor: encodeCursor(2) });
  expect(await page(2, 2)).toEqual({ data: [3, 4], nextCursor: encodeCursor(4) });
  expect(await page(4, 2)).toEqual({ data: [5], nextCursor: null });
  expect(await page(null, 5)).toEqual({ data: items, nextCursor: null });
  expect(await page(5, 5)).toEqual({ data: [], nextCursor: null });
});

test('a cursor is URL-safe and reads back', () => {
  for (const key of ['a/b?c=1', 7, ['dt', 'app/é']]) {
    expect(encodeCursor(key)).toMatch(/^[\w-]+$/);
    expect(decodeCursor(encodeCursor(key))).toEqual(key);
  }
  for (const none of ['', '%', 'e30x', '\0']) expect(decodeCursor(none)).toBeUndefined();
});

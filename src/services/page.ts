/** One page of a list. */
export interface Page<Item> {
  data: Item[];
  /** The next page begins after this key of the last item; null on the last page. The API seals it into a cursor. */
  nextKey: CursorKey | null;
}

/** Where a page starts, after the last item seen, and how many items it has. */
export interface PageRequest<Key = string> {
  after: Key | null;
  limit: number;
}

export type CursorKey = string | number | readonly (string | number)[];

/**
 * Reads one item more than the page has, which tells whether there is a next page.
 *
 * @param keyOf what the list is ordered by.
 */
export async function readPage<Item, Key>(
  { after, limit }: PageRequest<Key>,
  read: (request: PageRequest<Key>) => Promise<Item[]>,
  keyOf: (item: Item) => Key & CursorKey,
): Promise<Page<Item>> {
  const items = await read({ after, limit: limit + 1 });
  const data = items.slice(0, limit);
  const last = data.at(-1);
  return { data, nextKey: items.length > limit && last !== undefined ? keyOf(last) : null };
}

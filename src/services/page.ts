/** One page of a list. */
export interface Page<Item> {
  data: Item[];
  /** For the next page; null on the last one. */
  nextCursor: string | null;
}

/** Where a page starts, after the last item seen, and how many items it has. */
export interface PageRequest<Key = string> {
  after: Key | null;
  limit: number;
}

type CursorKey = string | number | readonly (string | number)[];

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
  return { data, nextCursor: items.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}

export function encodeCursor(key: CursorKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The key in a cursor, or undefined for what is none. Which keys a list has is for the list to check. */
export function decodeCursor(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * A gateway message's `content` (gateway.md, Decisions): of a list that holds exactly one object that object, of any
 * other the list. JSON text to JSON text, cut and never written again: long numbers stay as they came.
 */
export function contentOf(changes: string): string {
  const list: unknown[] = JSON.parse(changes);
  const [only] = list;
  const isOneObject = list.length === 1 && typeof only === 'object' && only !== null && !Array.isArray(only);
  // What stands between the brackets of a list of one is that one.
  return isOneObject ? changes.trim().slice(1, -1).trim() : changes;
}

import { createHash } from 'node:crypto';
import { withExactNumbers } from '../../json/exactNumbers';

/** Names, lists and objects of a body that is still parsed and sorted to be compared: 10 ms of the event loop at most. */
export const MAX_COMPARED_AS_JSON = 2000;
/** Characters of such a body, for the same reason: 250,000 of numbers would be 12 ms. */
export const MAX_COMPARED_CHARS = 64 * 1024;

/**
 * SHA-256 of a JSON body: the order of its members, its white space and the way of writing a number do not matter. Objects are
 * compared by members, numbers by their decimal value. A body that is too large for that is compared as text: whoever repeats a
 * call sends the same text.
 *
 * @param json valid, and of bounded depth.
 * @param size names, lists and objects in it.
 */
export function bodyHash({ json, size }: { json: string; size: number }): Buffer {
  const isLarge = size > MAX_COMPARED_AS_JSON || json.length > MAX_COMPARED_CHARS;
  const exact = isLarge ? null : withExactNumbers(json, { max: MAX_COMPARED_AS_JSON });
  const compared = exact === null ? json : canonical(JSON.parse(exact));
  return createHash('sha256').update(compared).digest();
}

/** JSON with sorted members. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    return value.some(isContainer) ? `[${value.map(canonical).join(',')}]` : JSON.stringify(value);
  }
  if (!isContainer(value)) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

import { dayOfId, isUuid } from '../contracts/ids';

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The partition of an id, or null for a text that no event or delivery can have as its id. */
export function partitionOf(id: string): string | null {
  const day = isUuid(id) ? dayOfId(id) : null;
  // An id made up of high bits names a year that PostgreSQL's dates are not written in.
  return day !== null && DAY.test(day) ? day : null;
}

/** The lowest id of a moment: every id made then or later is equal or greater, every one made before is less. */
export function lowestIdAt(at: Date): string {
  const hex = Math.max(0, at.getTime()).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** A NUL, or half of a surrogate pair: PostgreSQL's text has neither. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** Whether PostgreSQL can keep the text as it is. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

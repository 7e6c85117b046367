import { stringEnd } from '../../body';

const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;

/**
 * The text of a member's value as it stands in the text of a JSON object: parsed and written again it would not be what
 * came (1.0, large numbers, white space, repeated members). Of a repeated member the last one counts, as in JSON.parse.
 * `json` must be valid: what is not is answered with nonsense.
 */
export function memberText({ json, name }: { json: string; name: string }): string | undefined {
  let found: string | undefined;
  let at = pastSpace(json, pastSpace(json, 0) + 1);
  while (json.charCodeAt(at) === QUOTE) {
    const nameEnd = stringEnd(json, at);
    const isWanted = isName({ json, from: at, to: nameEnd, name });
    const start = pastSpace(json, pastSpace(json, nameEnd + 1) + 1);
    const end = valueEnd(json, start);
    if (isWanted) found = json.slice(start, end);
    at = pastSpace(json, end);
    if (json.charCodeAt(at) !== COMMA) break;
    at = pastSpace(json, at + 1);
  }
  return found;
}

function pastSpace(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) <= SPACE) at++;
  return at;
}

/** Whether the string between the quotes at `from` and `to` is the name; it may be written with escapes. */
function isName({ json, from, to, name }: { json: string; from: number; to: number; name: string }): boolean {
  if (to - from - 1 === name.length) return json.startsWith(name, from + 1);
  for (let at = from + 1; at < to; at++) {
    if (json.charCodeAt(at) === BACKSLASH) return JSON.parse(json.slice(from, to + 1)) === name;
  }
  return false;
}

/** Just past the value that starts at `from`. */
function valueEnd(json: string, from: number): number {
  const first = json.charCodeAt(from);
  if (first === QUOTE) return stringEnd(json, from) + 1;
  if (first === OPEN_ARRAY || first === OPEN_OBJECT) return nestedEnd(json, from);
  let at = from;
  for (;;) {
    const code = json.charCodeAt(at);
    if (code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY || code <= SPACE) return at;
    at++;
  }
}

function nestedEnd(json: string, from: number): number {
  let depth = 0;
  for (let at = from; ; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(json, at);
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) depth++;
    else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
}

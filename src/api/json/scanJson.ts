import { numberEnd, pastSpace, stringEnd, unicodeOf } from './tokens';

/** Deeper nesting is nobody's event; bounding it bounds every recursion over a body. */
export const MAX_DEPTH = 64;

/** The contents of a JSON text, of which nothing has been built. */
export interface JsonScan {
  /** How many members the objects have. */
  names: number;
  /** How many lists and objects it has. */
  containers: number;
  /** The text of each wanted member of the outermost object, as it came; of a repeated member, the last one. */
  members: ReadonlyMap<string, string>;
}

export type ScanFault = 'not JSON' | 'too deep';

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const U = 0x75;
const UNICODE_ESCAPE_LENGTH = 6;
const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' };

/**
 * Checks a text as JSON.parse does, and counts what it holds.
 *
 * JSON.parse takes 1.5 µs of the event loop for each new name, 40 ms for 256 KiB of short ones; this takes 8 ms at most,
 * whatever the text holds. So bodies are scanned first, and only what is small by then, or what a route needs, is parsed.
 *
 * @param wanted names of members of the outermost object.
 */
export function scanJson(json: string, wanted: readonly string[] = []): JsonScan | ScanFault {
  const members = new Map<string, string>();
  /** For each level whether it is an object. */
  const isObject = new Uint8Array(MAX_DEPTH + 1);
  let depth = 0;
  let names = 0;
  let containers = 0;
  let wantedName: string | undefined;
  let valueStart = 0;
  let at = pastSpace(json, 0);

  /** Reads a name and its colon. @returns where its value begins, or -1. */
  function name(from: number): number {
    if (json.charCodeAt(from) !== QUOTE) return -1;
    const end = stringEnd(json, from);
    if (end === -1) return -1;
    const colon = pastSpace(json, end);
    if (json.charCodeAt(colon) !== COLON) return -1;
    names++;
    const value = pastSpace(json, colon + 1);
    if (depth === 1) {
      wantedName = nameAmong(wanted, json, from, end);
      valueStart = value;
    }
    return value;
  }

  for (;;) {
    // A value begins here.
    const first = json.charCodeAt(at);
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      containers++;
      depth++;
      if (depth > MAX_DEPTH) return 'too deep';
      isObject[depth] = first === OPEN_OBJECT ? 1 : 0;
      at = pastSpace(json, at + 1);
      if (json.charCodeAt(at) !== (first === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        if (first === OPEN_OBJECT) at = name(at);
        if (at === -1) return 'not JSON';
        continue;
      }
      depth--;
      at++;
    } else {
      at = scalarEnd(json, at, first);
      if (at === -1) return 'not JSON';
    }
    // A value has ended here; so have, one after the other, the levels that close after it.
    for (;;) {
      if (depth === 1 && wantedName !== undefined) {
        members.set(wantedName, json.slice(valueStart, at));
        wantedName = undefined;
      }
      at = pastSpace(json, at);
      if (depth === 0) return at === json.length ? { names, containers, members } : 'not JSON';
      const next = json.charCodeAt(at);
      if (next === COMMA) break;
      if (next !== (isObject[depth] === 1 ? CLOSE_OBJECT : CLOSE_ARRAY)) return 'not JSON';
      depth--;
      at++;
    }
    at = pastSpace(json, at + 1);
    if (isObject[depth] === 1) at = name(at);
    if (at === -1) return 'not JSON';
  }
}

/** Just past the text, number or literal that begins at `at`, or -1. */
function scalarEnd(json: string, at: number, first: number): number {
  if (first === QUOTE) return stringEnd(json, at);
  const literal = LITERALS[json[at] ?? ''];
  if (literal !== undefined) return json.startsWith(literal, at) ? at + literal.length : -1;
  return numberEnd(json, at);
}

/** Which of the names the string is; it may be written with escapes. */
function nameAmong(names: readonly string[], json: string, from: number, end: number): string | undefined {
  const length = end - from - 2;
  for (const name of names) {
    if (
      name.length === length ? json.startsWith(name, from + 1) : name.length < length && isEscaped(name, json, from)
    ) {
      return name;
    }
  }
  return undefined;
}

/** Whether the valid string at `from` is the name, with \uXXXX in it. Looks no further than the first difference. */
function isEscaped(name: string, json: string, from: number): boolean {
  let at = from + 1;
  for (let index = 0; index < name.length; index++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return false;
    if (code !== BACKSLASH) {
      if (code !== name.charCodeAt(index)) return false;
      at++;
    } else {
      // The short escapes are of characters that no name has.
      if (json.charCodeAt(at + 1) !== U || unicodeOf(json, at) !== name.charCodeAt(index)) return false;
      at += UNICODE_ESCAPE_LENGTH;
    }
  }
  return json.charCodeAt(at) === QUOTE;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const U = 0x75;
/** Escapes of one character, RFC 8259, 7. */
const ESCAPES: ReadonlySet<number> = new Set([...'"\\/bfnrt'].map((character) => character.charCodeAt(0)));
const UNICODE = /^[0-9a-fA-F]{4}$/;

/** Where the next character that is not white space is. */
export function pastSpace(json: string, from: number): number {
  let at = from;
  for (;;) {
    const code = json.charCodeAt(at);
    if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

/** Just past the string whose opening quote is at `from`, or -1 when it is none. */
export function stringEnd(json: string, from: number): number {
  for (let at = from + 1; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < SPACE) return -1;
    if (code === BACKSLASH) {
      at++;
      const escaped = json.charCodeAt(at);
      if (escaped === U) {
        if (!UNICODE.test(json.slice(at + 1, at + 5))) return -1;
        at += 4;
      } else if (!ESCAPES.has(escaped)) return -1;
    }
  }
  return -1;
}

/** The UTF-16 unit that a valid \uXXXX at `at` stands for. */
export function unicodeOf(json: string, at: number): number {
  let value = 0;
  for (let digit = at + 2; digit < at + 6; digit++) {
    const code = json.charCodeAt(digit);
    // a to f and A to F differ from their values by the same in their last four bits.
    value = value * 16 + (code <= NINE ? code - ZERO : (code & 7) + 9);
  }
  return value;
}

/** Just past the number that begins at `from`, or -1 when there is none. */
export function numberEnd(json: string, from: number): number {
  let at = json.charCodeAt(from) === MINUS ? from + 1 : from;
  if (json.charCodeAt(at) === ZERO) at++;
  else {
    const end = digitsEnd(json, at);
    if (end === at) return -1;
    at = end;
  }
  if (json.charCodeAt(at) === POINT) {
    const end = digitsEnd(json, at + 1);
    if (end === at + 1) return -1;
    at = end;
  }
  if (json[at] === 'e' || json[at] === 'E') {
    const sign = json.charCodeAt(at + 1);
    const start = sign === PLUS || sign === MINUS ? at + 2 : at + 1;
    const end = digitsEnd(json, start);
    if (end === start) return -1;
    at = end;
  }
  return at;
}

function digitsEnd(json: string, from: number): number {
  let at = from;
  for (;;) {
    const code = json.charCodeAt(at);
    if (!(code >= ZERO && code <= NINE)) return at;
    at++;
  }
}

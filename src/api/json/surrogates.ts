import { unicodeOf } from './tokens';

/** What may be an escaped half of a surrogate pair; most texts have none. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
const BACKSLASH = '\\';
const ESCAPE_LENGTH = 2;
const UNICODE_ESCAPE_LENGTH = 6;

/**
 * Whether a string or a name in the text holds half a surrogate pair, which is no character. JSON's grammar has it (`"\ud800"`), I-JSON
 * has not (RFC 7493 section 2.1), and parsers of Ruby and PHP refuse the whole text for it. It can only be escaped: UTF-8 has no bytes
 * for it.
 *
 * @param json valid.
 */
export function hasHalfSurrogate(json: string): boolean {
  if (!SURROGATE_ESCAPE.test(json)) return false;
  let at = json.indexOf(BACKSLASH);
  while (at !== -1) {
    let end = at + ESCAPE_LENGTH;
    if (json[at + 1] === 'u') {
      end = at + UNICODE_ESCAPE_LENGTH;
      const unit = unicodeOf(json, at);
      if (isLow(unit)) return true;
      if (isHigh(unit)) {
        if (!json.startsWith('\\u', end) || !isLow(unicodeOf(json, end))) return true;
        end += UNICODE_ESCAPE_LENGTH;
      }
    }
    at = json.indexOf(BACKSLASH, end);
  }
  return false;
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

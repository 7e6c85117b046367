import { decimal } from './decimal';
import { numberEnd, stringEnd } from './tokens';

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * Numbers of other shapes are the same as doubles only if they are the same as decimals. A text without any match needs no
 * further look; one that has it in a string only does no harm.
 */
const UNSAFE = /[\d.]{16}|\d[eE][+-]?\d{3}/;
const NUL = '\\u0000';

/**
 * A text that JSON.parse does not round: each number that a double does not hold becomes a string, NUL and its value.
 * Strings that begin with NUL get a letter, so that none of them is taken for a number.
 *
 * @param json valid. @returns null when more than `max` numbers would have to be looked at.
 */
export function withExactNumbers(json: string, { max }: { max: number }): string | null {
  if (!UNSAFE.test(json)) return json;
  const pieces: string[] = [];
  let copied = 0;
  let found = 0;
  for (let at = 0; at < json.length; ) {
    const code = json.charCodeAt(at);
    let end = at + 1;
    let written: string | undefined;
    if (code === QUOTE) {
      end = stringEnd(json, at);
      if (json.startsWith(NUL, at + 1)) written = `"${NUL}s${json.slice(at + 1 + NUL.length, end)}`;
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      end = numberEnd(json, at);
      const number = json.slice(at, end);
      if (UNSAFE.test(number)) {
        if (++found > max) return null;
        written = exact(number);
      }
    }
    if (written !== undefined) {
      pieces.push(json.slice(copied, at), written);
      copied = end;
    }
    at = end;
  }
  return pieces.join('') + json.slice(copied);
}

function exact(number: string): string {
  const double = Number(number);
  const value = decimal(number);
  const isHeld = Number.isFinite(double) && decimal(String(double)) === value;
  return isHeld ? String(double) : `"${NUL}n${value}"`;
}

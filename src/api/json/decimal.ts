const PARTS = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?)0*(\d+))?$/;
/** Of exponents up to here, and the lengths of texts, sums are exact. */
const MAX_EXPONENT_DIGITS = 15;

/**
 * One text for a decimal value, however it is written: `-12.50e3`, `-12500` and `-125e2` are `-125e2`. Of an exponent of more
 * than 15 digits, the text as it is.
 *
 * @param number valid JSON, or what String() makes of a finite number.
 */
export function decimal(number: string): string {
  const [, whole = '', fraction = '', sign = '', exponent = '0'] = PARTS.exec(number) ?? [];
  const all = whole + fraction;
  const start = firstThatCounts(all);
  if (start === all.length) return '0';
  if (exponent.length > MAX_EXPONENT_DIGITS) return number;
  const end = lastThatCounts(all) + 1;
  const power = Number(sign + exponent) - fraction.length + (all.length - end);
  return `${number.startsWith('-') ? '-' : ''}${all.slice(start, end)}e${power}`;
}

function firstThatCounts(digits: string): number {
  let at = 0;
  while (digits[at] === '0') at++;
  return at;
}

function lastThatCounts(digits: string): number {
  let at = digits.length - 1;
  while (digits[at] === '0') at--;
  return at;
}

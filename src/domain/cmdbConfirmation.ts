import { RE2JS, RE2JSException } from 're2js';

/** How a callback's answer counts as confirmed (cmdb.md), as it is kept with a subscription. */
export interface Confirmation {
  confirmMode: 'httpstatus' | 'regular';
  /** Statuses separated by commas, or a regular expression. */
  confirmPattern: string;
}

const STATUS = /^[1-5]\d\d$/;

/** null for what is no list of statuses. */
export function statusesOf(pattern: string): number[] | null {
  const parts = pattern.split(',').map((part) => part.trim());
  return parts.every((part) => STATUS.test(part)) ? parts.map(Number) : null;
}

/**
 * Instructions of a compiled expression that may be registered. The engine takes a time that grows with them times the
 * text: 64 KiB cost at most 3 s at this bound, but minutes at fifty times as many, which 1,000 characters are enough for.
 */
export const MAX_PROGRAM_SIZE = 1000;

/** A regular expression of RE2's syntax: without back references and look-around, linear in the text. */
export interface Expression {
  programSize: number;
  /** Whether it matches anywhere in the text. */
  isFoundIn(text: string): boolean;
}

/** Repetition, classes of Unicode: a few characters of these can take 60 ms to compile. */
const COSTLY_SYNTAX = /\{|\\[pP]/;
const QUICK_PATTERN_CHARS = 64;

/** null for a pattern that is not surely compiled at once, and for what is no expression. */
export function compileQuickExpression(pattern: string): Expression | null {
  if (pattern.length > QUICK_PATTERN_CHARS || COSTLY_SYNTAX.test(pattern)) return null;
  try {
    const compiled = RE2JS.compile(pattern);
    // Not `test`, whose automaton keeps up to 8 MB for every expression.
    return { programSize: compiled.programSize(), isFoundIn: (text) => compiled.matcher(text).find() };
  } catch (error) {
    if (error instanceof RE2JSException) return null;
    throw error;
  }
}

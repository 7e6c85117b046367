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
 * Instructions of a compiled expression. The engine takes a time that grows with them times the text: 64 KiB cost at
 * most a second at this bound, but minutes at fifty times as many, which 1,000 characters are enough for.
 */
const MAX_PROGRAM_SIZE = 1000;

/** A regular expression of RE2's syntax: without back references and look-around, linear in the text. */
export interface Expression {
  programSize: number;
  /** Whether it matches anywhere in the text. */
  isFoundIn(text: string): boolean;
}

/** A pattern that is no regular expression, or too large a one; `message` says which. */
export class PatternError extends Error {}

/** @throws PatternError. */
export function compileExpression(pattern: string): Expression {
  const compiled = compile(pattern);
  const programSize = compiled.programSize();
  if (programSize > MAX_PROGRAM_SIZE) throw new PatternError('the regular expression is too large');
  // Not `test`, whose automaton keeps up to 8 MB for every expression.
  return { programSize, isFoundIn: (text) => compiled.matcher(text).find() };
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw error instanceof RE2JSException ? new PatternError(error.message) : error;
  }
}

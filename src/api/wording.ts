import type * as z from 'zod';

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const FORMATS: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  datetime: 'a moment in ISO 8601, with its offset',
  url: 'a URL',
};

/**
 * What is wrong with a value, where its schema has no words of its own; it follows the value's name. The library's words speak
 * of its types, and change with its version.
 */
export function inOurWords(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${TYPES[issue.expected] ?? 'of another type'}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be ${oneOf(issue.values)}`;
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? 'of another form'}`;
    case 'too_big':
      return tooBig(issue.origin, issue.maximum);
    case 'too_small':
      return tooSmall(issue.origin, issue.minimum);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return 'has fields that are not known';
    case 'invalid_union':
      return issue.input === undefined ? 'is missing' : 'has none of the forms that it may have';
    case 'invalid_key':
    case 'invalid_element':
      return 'holds something that is not as it must be';
    default:
      return 'is not as it must be';
  }
}

function oneOf(values: readonly unknown[]): string {
  const named = values.map((value) => String(value)).join(', ');
  return values.length > 1 ? `one of ${named}` : named;
}

function tooBig(origin: string, maximum: number | bigint): string {
  if (origin === 'string') return `is longer than ${maximum} characters`;
  return origin === 'array' ? `has more than ${maximum} elements` : `must be at most ${maximum}`;
}

function tooSmall(origin: string, minimum: number | bigint): string {
  if (origin !== 'string' && origin !== 'array') return `must be at least ${minimum}`;
  if (Number(minimum) === 1) return 'must not be empty';
  return origin === 'string' ? `is shorter than ${minimum} characters` : `has fewer than ${minimum} elements`;
}

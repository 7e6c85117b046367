import { ProblemError } from '../problems';
import { type JsonScan, MAX_DEPTH, scanJson } from './scanJson';

/**
 * Names, lists and objects of a body that is parsed as a whole. An honest one has some twenty, what it lists are texts. As many
 * new names as this take JSON.parse 1 ms.
 */
const MAX_PARSED = 500;

/** @throws ProblemError 400 for what is not JSON, nested more than MAX_DEPTH deep, or holds too much. */
export function parseJson(json: string): unknown {
  const { names, containers } = scanned(json);
  if (names + containers > MAX_PARSED) throw unfit(`holds more than ${MAX_PARSED} names, lists and objects`);
  return JSON.parse(json);
}

/** A list that is not read: only that it is not empty is known. */
const UNREAD_LIST: readonly unknown[] = [null];

export interface Members {
  /** As a schema takes it: texts, numbers and literals as they are; a list is empty or holds one null, an object is empty. */
  body: unknown;
  /** The text of each member, as it came. */
  texts: ReadonlyMap<string, string>;
  /** Names, lists and objects in the whole of it. */
  size: number;
}

/**
 * The wanted members of a body, without building the lists and objects that they are: the handler passes their text on.
 *
 * @throws ProblemError 400 for what is not JSON, or nested more than MAX_DEPTH deep.
 */
export function readMembers(json: string, wanted: readonly string[]): Members {
  const { names, containers, members } = scanned(json, wanted);
  const isObject = json.trimStart().startsWith('{');
  const body = isObject ? Object.fromEntries([...members].map(([name, text]) => [name, shallow(text)])) : shallow(json);
  return { body, texts: members, size: names + containers };
}

function scanned(json: string, wanted?: readonly string[]): JsonScan {
  const scan = scanJson(json, wanted);
  if (scan === 'not JSON') throw unfit('is not JSON');
  if (scan === 'too deep') throw unfit(`is nested more than ${MAX_DEPTH} deep`);
  return scan;
}

function shallow(valid: string): unknown {
  const text = valid.trimStart();
  if (text.startsWith('{')) return {};
  if (text.startsWith('[')) return text.slice(1).trimStart().startsWith(']') ? [] : UNREAD_LIST;
  return JSON.parse(text);
}

function unfit(message: string): ProblemError {
  return new ProblemError({ status: 400, detail: `the body ${message}`, errors: [{ field: 'body', message }] });
}

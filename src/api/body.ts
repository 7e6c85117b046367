import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ProblemError } from './problems';

/** Deeper nesting is nobody's event; bounding it bounds every recursion over a body. */
export const MAX_DEPTH = 64;

/** The caller went away before its body was there: nobody is left to answer. */
export class CallerGone extends Error {}

/**
 * The body's text, whole.
 *
 * @throws ProblemError 413 above `limitBytes`, 415 for a compressed one (never inflated: a few kB can be gigabytes),
 * 400 for what is not UTF-8; CallerGone.
 */
export async function readText(request: IncomingMessage, { limitBytes }: { limitBytes: number }): Promise<string> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ProblemError({ status: 415, detail: 'a body with a Content-Encoding is not taken' });
  }
  const bytes = await readBytes(request, limitBytes);
  if (!isUtf8(bytes)) throw notJson('is not UTF-8');
  return bytes.toString('utf8');
}

function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0);
  return new Promise((resolve, reject) => {
    if (declared > limitBytes) return reject(tooLarge(limitBytes));
    const chunks: Buffer[] = [];
    let size = 0;
    function onData(chunk: Buffer) {
      size += chunk.length;
      if (size <= limitBytes) return void chunks.push(chunk);
      // What still comes is dropped as it comes, by Node, until server.requestTimeout: so the caller can read the answer.
      request.off('data', onData);
      chunks.length = 0;
      reject(tooLarge(limitBytes));
    }
    request.on('data', onData);
    function onGone() {
      // Closes after its end too, and an error that nobody sees costs as much as one that somebody does.
      if (!request.complete) reject(new CallerGone());
    }
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)));
    request.on('close', onGone);
    request.on('error', onGone);
  });
}

function tooLarge(limitBytes: number): ProblemError {
  return new ProblemError({ status: 413, detail: `the body is larger than ${limitBytes} bytes` });
}

function notJson(message: string): ProblemError {
  return new ProblemError({ status: 400, detail: `the body ${message}`, errors: [{ field: 'body', message }] });
}

/** @throws ProblemError 400 for what is not JSON, or nested more than MAX_DEPTH deep. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw notJson('is not JSON');
  }
  if (!isShallow(text)) throw notJson(`is nested more than ${MAX_DEPTH} deep`);
  return value;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Whether valid JSON text is nested at most MAX_DEPTH deep. */
function isShallow(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === 0x5b || code === 0x7b) {
      depth++;
      if (depth > MAX_DEPTH) return false;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return true;
}

/** Where the string that opens at `at` closes, in valid JSON text. */
export function stringEnd(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

/** A quote is escaped when an odd number of backslashes stands before it. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ProblemError } from './problems';

/** The caller went away before its body was there: nobody is left to answer. */
export class CallerGone extends Error {}

export interface BodyLimits {
  limitBytes: number;
  /** Called for the declared length before the body is read, or for each piece of one without a length as it comes. @throws */
  pay(bytes: number): void;
}

/**
 * The body's text, whole.
 *
 * @throws ProblemError 413 above `limitBytes`, 415 for a compressed one (never inflated: a few kB can be gigabytes),
 * 400 for what is not UTF-8; what `pay` throws; CallerGone.
 */
export async function readText(request: IncomingMessage, limits: BodyLimits): Promise<string> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ProblemError({ status: 415, detail: 'a body with a Content-Encoding is not taken' });
  }
  const bytes = await readBytes(request, limits);
  if (!isUtf8(bytes)) {
    const message = 'is not UTF-8';
    throw new ProblemError({ status: 400, detail: `the body ${message}`, errors: [{ field: 'body', message }] });
  }
  return bytes.toString('utf8');
}

function readBytes(request: IncomingMessage, { limitBytes, pay }: BodyLimits): Promise<Buffer> {
  const declared = request.headers['content-length'];
  return new Promise((resolve, reject) => {
    if (Number(declared ?? 0) > limitBytes) throw tooLarge(limitBytes);
    if (declared !== undefined) pay(Number(declared));
    const chunks: Buffer[] = [];
    let size = 0;
    function onData(chunk: Buffer) {
      size += chunk.length;
      try {
        if (size > limitBytes) throw tooLarge(limitBytes);
        if (declared === undefined) pay(chunk.length);
        chunks.push(chunk);
      } catch (refusal) {
        // Node drops the rest as it comes, until server.requestTimeout, so that the caller can read the answer.
        request.off('data', onData);
        chunks.length = 0;
        reject(refusal);
      }
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

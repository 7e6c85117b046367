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

/** Some programs write it before every text (RFC 8259, 8.1, lets it be ignored). */
const BYTE_ORDER_MARK = Buffer.of(0xef, 0xbb, 0xbf);

/** @param bytes a whole body, inflated. @throws ProblemError 400 for what is not UTF-8. */
export function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) {
    const message = 'is not UTF-8';
    throw new ProblemError({ status: 400, detail: `the body ${message}`, errors: [{ field: 'body', message }] });
  }
  const start = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  return bytes.toString('utf8', start);
}

/**
 * The body as it comes, whole.
 *
 * @throws ProblemError 413 above `limitBytes`; what `pay` throws; CallerGone.
 */

export function readBytes(request: IncomingMessage, { limitBytes, pay }: BodyLimits): Promise<Buffer> {
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

export function tooLarge(limitBytes: number): ProblemError {
  return new ProblemError({ status: 413, detail: `the body is larger than ${limitBytes} bytes` });
}

import { createHash } from 'node:crypto';
import type { Request } from 'express';
import * as z from 'zod';
import { ProblemError } from './problems';
import { bodyHash } from './routes/publish/bodyHash';

const HEADER = 'Idempotency-Key';
const MAX_LENGTH = 200;

/** For the document: of every route that makes something. */
export const idempotencyHeader = z.object({
  [HEADER]: z
    .string()
    .min(1)
    .max(MAX_LENGTH)
    .optional()
    .meta({
      description:
        'Makes the call safe to repeat. For 24 hours, a call with the same key and the same method, path and body makes nothing ' +
        'more and gets the first answer again, with the header `Idempotent-Replayed: true`. Another request with the key is ' +
        'refused with 409. What was refused is not remembered, so it can be corrected and sent with the same key. The key ' +
        'belongs to the app (to the API key, where that has no app; to the portal user, where it stands for one).',
    }),
});

/** undefined: the call has none. @throws ProblemError 400 for one that is empty or too long. */
export function idempotencyKeyOf({ headers }: Pick<Request, 'headers'>): string | undefined {
  const header = headers['idempotency-key'];
  if (header === undefined) return undefined;
  const key = String(header);
  if (key === '') throw malformed('is empty');
  if (key.length > MAX_LENGTH) throw malformed(`is longer than ${MAX_LENGTH} characters`);
  return key;
}

function malformed(message: string): ProblemError {
  return new ProblemError({ status: 400, detail: `${HEADER} ${message}`, errors: [{ field: HEADER, message }] });
}

/** SHA-256 of what the call asks for: method, path with its query, and body. */
export function requestHash({ method, originalUrl }: Pick<Request, 'method' | 'originalUrl'>, body: string): Buffer {
  const hash = createHash('sha256').update(`${method} ${originalUrl}\n`);
  // A body that is not taken as text holds 500 names, lists and objects at most, so it is always compared as JSON.
  if (body !== '') hash.update(bodyHash({ json: body, size: 0 }));
  return hash.digest();
}

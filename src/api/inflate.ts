import { type BrotliDecompress, createBrotliDecompress, createGunzip, type Gunzip } from 'node:zlib';
import type { Share } from '../domain/fairness/fairQueue';
import type { FairSlots } from '../domain/fairness/fairSlots';
import { type BodyLimits, tooLarge } from './body';
import { ProblemError } from './problems';

const INFLATERS: Readonly<Record<string, () => Gunzip | BrotliDecompress>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  br: createBrotliDecompress,
};
const TAKEN = ['gzip', 'br'];

/**
 * How many bodies are inflated at once: a few kB in Brotli can ask for a window of 16 MiB. Each takes milliseconds, as its
 * bytes are all there.
 */
export const INFLATE_SLOTS = 4;

export interface InflateOptions extends BodyLimits {
  /** Shared by all calls; the call's own part in them. */
  slots: FairSlots;
  share: Share;
}

/** A body without a Content-Encoding is as it is. @throws ProblemError 415, with what is taken, for any other encoding. */
export function inflaterOf(encoding: string | undefined) {
  const name = encoding?.trim().toLowerCase() ?? 'identity';
  if (name === 'identity') return undefined;
  const create = INFLATERS[name];
  if (create) return (bytes: Buffer, options: InflateOptions) => inflate(bytes, { ...options, create, name });
  const detail = `Content-Encoding must be ${TAKEN.join(' or ')}, or there must be none`;
  throw new ProblemError({ status: 415, detail, acceptEncoding: TAKEN });
}

/**
 * The key has paid for the bytes that came; it pays for those that they become while they do, so that a small body which
 * becomes a large one costs as much as a large one.
 *
 * @throws ProblemError 413 once it has become more than `limitBytes`; 400 for what is not so encoded; what `pay` throws.
 */
function inflate(
  bytes: Buffer,
  {
    create,
    name,
    limitBytes,
    pay,
    slots,
    share,
  }: InflateOptions & { create(): Gunzip | BrotliDecompress; name: string },
): Promise<Buffer> {
  return slots.run(share, async () => {
    const inflater = create();
    const chunks: Buffer[] = [];
    let size = 0;
    let paid = bytes.length;
    inflater.end(bytes);
    try {
      for await (const chunk of inflater as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > limitBytes) throw tooLarge(limitBytes);
        if (size > paid) {
          pay(size - paid);
          paid = size;
        }
        chunks.push(chunk);
      }
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      const message = `is not ${name}, as its Content-Encoding says`;
      throw new ProblemError({ status: 400, detail: `the body ${message}`, errors: [{ field: 'body', message }] });
    }
    return Buffer.concat(chunks, size);
  });
}

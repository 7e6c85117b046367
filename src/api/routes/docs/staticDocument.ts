import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Answer, HandlerInput } from '../../route';

/** A document has up to 1.5 MB: 0.5 to 1 ms of the event loop to send. Five files make a page, which four can load at once. */
export const DOCUMENT_COST = 5;

const compress = promisify(gzip);

/** A document that stays as it is, ready to be sent: whoever asks for it costs no more than its bytes on the wire. */
export interface StaticDocument {
  mediaType: string;
  bytes: Buffer;
  gzipped: Buffer;
  etag: string;
}

export async function makeStatic(content: string | Buffer, mediaType: string): Promise<StaticDocument> {
  const bytes = Buffer.from(content);
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  return { mediaType, bytes, gzipped: await compress(bytes), etag };
}

/** Makes each document at its first call, and keeps it; one that could not be made is tried again at the next call. */
export function madeOnce(make: () => Promise<StaticDocument>): () => Promise<StaticDocument> {
  let made: Promise<StaticDocument> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** Compressed for whoever takes that; 304 for whoever has it already. */
export function answerStatic(
  { mediaType, bytes, gzipped, etag }: StaticDocument,
  { headers: asked }: Pick<HandlerInput<unknown, unknown, unknown>, 'headers'>,
): Answer {
  // Not no-store, as everything else: it holds nothing of anybody, and a browser asks whether it has changed.
  const headers = { etag, vary: 'Accept-Encoding', 'cache-control': 'no-cache' };
  if (asked['if-none-match']?.includes(etag)) return { status: 304, headers };
  if (!takesGzip(asked['accept-encoding'])) return { mediaType, headers, body: bytes };
  return { mediaType, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipped };
}

function takesGzip(accepted: string | string[] | undefined): boolean {
  const coding = /(?:^|,)\s*gzip\s*(?:;\s*q=([0-9.]+)\s*)?(?:,|$)/i.exec(String(accepted ?? ''));
  return coding !== null && Number(coding[1] ?? 1) > 0;
}

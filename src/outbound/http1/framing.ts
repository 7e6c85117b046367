import { CallFault } from '../classifyFault';
import { type AnswerHead, listOf } from './answerHead';
import { staysOpen } from './keepAlive';

/** Where the body of an answer ends. */
export interface Framing {
  body: { kind: 'none' } | { kind: 'length'; bytes: number } | { kind: 'chunks' } | { kind: 'untilClose' };
  /** The receiver and we agree for certain where the answer ends, and the connection stays open after it. */
  isReusable: boolean;
}

const NO_CONTENT = 204;
const NOT_MODIFIED = 304;

/**
 * RFC 9112 section 6.3, for the answer to a POST. Where two fields contradict one another in a way that a client may resolve, the
 * connection takes no further request: what comes next could be the rest of this answer.
 *
 * @throws {CallFault} `protocol` for a length that cannot be known: there a client must not guess.
 */
export function framingOf(head: AnswerHead): Framing {
  const { statusCode, fields, isWellFormed } = head;
  const codings = listOf(fields.get('transfer-encoding'));
  const length = lengthOf(fields.get('content-length'));
  const isPersistent = isWellFormed && staysOpen(head);

  // They have no body, whatever their fields say.
  if (statusCode === NO_CONTENT || statusCode === NOT_MODIFIED) {
    return { body: { kind: 'none' }, isReusable: isPersistent && codings.length === 0 && (length ?? 0) === 0 };
  }
  if (codings.at(-1) === 'chunked') {
    const isPlain = codings.length === 1 && length === null && head.isPersistentByDefault;
    return { body: { kind: 'chunks' }, isReusable: isPersistent && isPlain };
  }
  // RFC 2616 had a coding `identity`, which meant none.
  const isCoded = codings.some((coding) => coding !== 'identity');
  if (length === null || isCoded) return { body: { kind: 'untilClose' }, isReusable: false };
  if (Number.isNaN(length)) {
    const field = fields.get('content-length');
    throw new CallFault('protocol', `the end of the answer is unknown: its Content-Length is not one number: ${field}`);
  }
  const isReusable = isPersistent && codings.length === 0;
  return { body: length === 0 ? { kind: 'none' } : { kind: 'length', bytes: length }, isReusable };
}

/** Null without one; NaN for what is not one number. Equal values are one value (RFC 9112 section 6.3). */
function lengthOf(field: string | undefined): number | null {
  if (field === undefined) return null;
  const lengths = new Set(field.split(',').map((text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN)));
  const [length = Number.NaN] = lengths;
  return lengths.size === 1 ? length : Number.NaN;
}

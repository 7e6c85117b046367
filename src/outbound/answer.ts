import type { Fault } from './classifyFault';

export interface PostRequest {
  url: string;
  /** Beside those that every call has. */
  headers: Record<string, string>;
  body: string | Uint8Array;
  /** The body of the answer may decide: the receiver is asked for one that can be read. Default false. */
  isAnswerRead?: boolean;
  /** For the whole attempt: DNS, connecting, TLS, sending, header and body of the answer. */
  timeoutMs: number;
  /** The tenant and the subscription, or whatever else it is for: look-ups are shared out among these. Default: nobody. */
  share?: { tenantId: string; flow: string };
  /**
   * How long it may wait for its turn to look the name up, which is no part of `timeoutMs`; it then ends with the fault
   * `unsent`. Default: `timeoutMs`.
   */
  startWithinMs?: number;
  /** Ends the attempt with the fault `aborted`. */
  signal?: AbortSignal;
  /**
   * Asked when the connection is there, right before the first byte leaves, and again before a second call. False: none does; the
   * fault is `aborted`, or what the first call came to.
   */
  mayBegin?(): boolean;
}

/** What a receiver answered, or why there is no complete answer. */
export interface Answer {
  /** As soon as its line has come, whatever becomes of the rest; null before. */
  statusCode: number | null;
  /** Why the answer is not complete: nobody can take half an answer for an acknowledgement. Null for a complete one. */
  fault: Fault | null;
  /** The fault in words, one line; null without one. */
  error: string | null;
  /** From `Retry-After` of a 429 or 503; at most 24 h. */
  retryAfterMs: number | null;
  /** What a redirect says, in one line: it is not followed. Null for every other status. */
  redirect: string | null;
  /**
   * At most the first 64 KiB; more is not read, and is no fault: the status counts. As it came, never decompressed.
   * Empty with a fault.
   */
  body: Uint8Array;
  /** At most 4 KiB of the body as valid UTF-8 without NUL, also of an answer that broke off; null when there is none. */
  responseExcerpt: string | null;
  durationMs: number;
}

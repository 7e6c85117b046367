import type { Share } from '../domain/fairness/fairQueue';
import type { Fault } from '../domain/fault';

/** What came of one call. */
export interface CallOutAnswer {
  /** null: there was no complete answer. */
  statusCode: number | null;
  /** At most the first 64 KiB. */
  body: Uint8Array;
  /** What a redirect says, in one line; it is not followed. */
  redirect: string | null;
}

export interface CallOutRequest {
  url: string;
  /** Beside those that every call has. */
  headers: Record<string, string>;
  body: string | Uint8Array;
  /** For the whole call. */
  timeoutMs: number;
}

export interface Wait {
  /** Look-ups of names are shared out by these, too. */
  share: Share;
  /** For whatever of ours the call has to wait for; then it ends with the fault `unsent`. */
  startWithinMs: number;
}

/**
 * The one guarded way out, for calls that are no deliveries: not the deliveries' client, so that these calls take no
 * connection from them. Neither throws for what the other side does.
 */
export interface CallOut {
  post(request: CallOutRequest & Wait & { isAnswerRead: true }): Promise<CallOutAnswer & { fault: Fault | null }>;
  /** Opens a connection to the URL's host and closes it. @returns why that failed, or null. */
  connect(request: { url: string; timeoutMs: number } & Wait): Promise<{ fault: Fault } | null>;
}

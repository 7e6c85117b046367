import type { Fault } from '../domain/fault';
import type { Caller } from './caller';

/** What came of one call; exactly one of `statusCode` and `error` is null. */
export interface CallOutAnswer {
  statusCode: number | null;
  error: string | null;
  /** At most the first 64 KiB. */
  body: Uint8Array;
}

export interface CallOutPost {
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
  /** For the whole call. */
  timeoutMs: number;
}

/**
 * The one guarded way out, for calls that are no deliveries. Neither throws for what the other side does.
 *
 * @throws Refusal 429 when the caller's tenant has too many of these calls under way; 503 when something else of ours is
 * lacking, such as a turn to look the name up.
 */
export interface CallOut {
  post(caller: Caller, request: CallOutPost): Promise<CallOutAnswer>;
  /** Opens a connection to the URL's host and closes it. @returns why that failed, or null. */
  connect(caller: Caller, target: { url: string; timeoutMs: number }): Promise<string | null>;
}

export interface Wait {
  /** Look-ups of names are shared out by these, too. */
  share: { tenantId: string; flow: string };
  /** For whatever of ours it has to wait for; then it ends with the fault `unsent`. */
  startWithinMs: number;
}

/** What makes the calls. Not the deliveries' client: test calls have connections of their own. */
export interface CallOutClient {
  post(request: CallOutPost & Wait): Promise<CallOutAnswer & { fault: Fault | null }>;
  connect(request: { url: string; timeoutMs: number } & Wait): Promise<{ fault: Fault; error: string } | null>;
}

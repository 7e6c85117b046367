/** What came of one call; exactly one of `statusCode` and `error` is null. */
export interface CallOutAnswer {
  statusCode: number | null;
  error: string | null;
  /** At most the first 64 KiB. */
  body: Uint8Array;
}

/** The one guarded way out, for calls that are no deliveries. Neither throws for what the other side does. */
export interface CallOut {
  post(request: {
    url: string;
    headers: Record<string, string>;
    body: string | Uint8Array;
    /** For the whole call. */
    timeoutMs: number;
  }): Promise<CallOutAnswer>;
  /** Opens a connection to the URL's host and closes it. @returns why that failed, or null. */
  connect(target: { url: string; timeoutMs: number }): Promise<string | null>;
}

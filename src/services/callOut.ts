/** What came of one call. */
export interface CallOutAnswer {
  /** null: there was no complete answer. */
  statusCode: number | null;
  /** At most the first 64 KiB. */
  body: Uint8Array;
}

export interface CallOutRequest {
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
  /** For the whole call. */
  timeoutMs: number;
}

/** The one guarded way out, for calls that are no deliveries. Neither throws for what the other side does. */
export interface CallOut {
  post(request: CallOutRequest): Promise<CallOutAnswer>;
  /** Opens a connection to the URL's host and closes it. @returns why that failed, or null. */
  connect(target: { url: string; timeoutMs: number }): Promise<string | null>;
}

import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { Dispatcher } from 'undici';
import { CallFault, classifyFault, type Fault } from './classifyFault';
import type { Borrower, Connection, Origin } from './connectionPool';
import { excerptOf, retryAfterMs } from './readAnswer';

const MAX_BODY_BYTES = 64 * 1024;
const NO_BODY = new Uint8Array(0);

export interface PostRequest {
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
  /** For the whole attempt: waiting for a connection, DNS, connecting, TLS, sending, header and body of the answer. */
  timeoutMs: number;
  /** Ends the attempt with the fault `aborted`. */
  signal?: AbortSignal;
  /** Asked when the connection is there, right before the first byte leaves. False: none does, and the fault is `aborted`. */
  mayBegin?(): boolean;
}

/**
 * What a receiver answered, or why there is no complete answer: exactly one of `statusCode` and `fault` is null.
 * An answer that breaks off has no status (`error` names it): nobody can take half an answer for an acknowledgement.
 */
export interface Answer {
  statusCode: number | null;
  fault: Fault | null;
  /** The fault in words, one line; null without one. */
  error: string | null;
  /** From `Retry-After` of a 429 or 503; at most 24 h. */
  retryAfterMs: number | null;
  /**
   * At most the first 64 KiB; more is not read, and is no fault: the status counts. As it came, never decompressed.
   * Empty with a fault.
   */
  body: Uint8Array;
  /** At most 4 KiB of the body as valid UTF-8 without NUL, also of an answer that broke off; null when there is none. */
  responseExcerpt: string | null;
  durationMs: number;
}

/** One POST from the moment it wants a connection to its answer. */
export class Attempt implements Dispatcher.DispatchHandler, Borrower {
  readonly #startedAtMs = performance.now();
  readonly #deadline: NodeJS.Timeout;
  #doing = 'waiting for a free connection';
  #settled = false;
  #connection: Connection | null = null;
  #statusCode: number | null = null;
  #headers: Record<string, string | string[] | undefined> = {};
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(
    private readonly call: {
      request: PostRequest;
      url: URL;
      origin: Origin;
      onAnswer: (answer: Answer) => void;
    },
  ) {
    // A busy event loop runs an overdue timer before it reads the sockets: setImmediate lets an answer that has
    // already arrived be read first.
    this.#deadline = setTimeout(() => setImmediate(this.#onDeadline), call.request.timeoutMs);
  }

  start(): void {
    const { signal } = this.call.request;
    if (signal) {
      // One signal may stop thousands of attempts; without this Node takes the eleventh listener for a leak.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', this.#onAbort);
    }
    this.call.origin.borrow(this);
  }

  onConnection(connection: Connection): void {
    const { url, request } = this.call;
    this.#connection = connection;
    this.#doing = 'connecting';
    const path = url.pathname + url.search;
    connection.send({ path, method: 'POST', headers: request.headers, body: request.body }, this);
  }

  onFlood(): void {
    this.#fail(new CallFault('too_large', `the answer is too large: more than 1 MiB came ${this.#doing}`));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.call.request.mayBegin?.() === false) {
      controller.abort(new CallFault('aborted', 'withheld before it began'));
      return;
    }
    this.#doing = 'waiting for the answer';
  }

  onResponseStart(_controller: unknown, statusCode: number, headers: Record<string, string | string[] | undefined>) {
    // 1xx come before the answer.
    if (this.#settled || statusCode < 200) return;
    this.#doing = 'reading the answer';
    this.#statusCode = statusCode;
    this.#headers = headers;
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#settled) return;
    this.#chunks.push(chunk);
    this.#sizeBytes += chunk.length;
    if (this.#sizeBytes > MAX_BODY_BYTES) this.#succeed({ connectionIsReusable: false });
  }

  onResponseEnd(): void {
    if (!this.#settled) this.#succeed({ connectionIsReusable: true });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#fail(error);
  }

  #onDeadline = () => {
    const { timeoutMs } = this.call.request;
    this.#fail(new CallFault('timeout', `no complete answer within ${timeoutMs} ms: timed out ${this.#doing}`));
  };

  #onAbort = () => {
    this.#fail(new CallFault('aborted', `aborted while ${this.#doing}`));
  };

  #succeed({ connectionIsReusable }: { connectionIsReusable: boolean }): void {
    const statusCode = this.#statusCode ?? 0;
    const body = this.#body();
    this.#settle(
      {
        statusCode,
        fault: null,
        error: null,
        retryAfterMs: retryAfterMs({ statusCode, headers: this.#headers, nowMs: Date.now() }),
        body,
        responseExcerpt: excerptOf(body),
        durationMs: this.#durationMs(),
      },
      { connectionIsReusable },
    );
  }

  #fail(cause: unknown): void {
    if (this.#settled) return;
    const { fault, message } = classifyFault(cause);
    const answered = this.#statusCode === null ? '' : `answered ${this.#statusCode}, then: `;
    this.#settle(
      {
        statusCode: null,
        fault,
        error: answered + message,
        retryAfterMs: null,
        body: NO_BODY,
        responseExcerpt: excerptOf(this.#body()),
        durationMs: this.#durationMs(),
      },
      { connectionIsReusable: false },
    );
  }

  #settle(answer: Answer, { connectionIsReusable }: { connectionIsReusable: boolean }): void {
    this.#settled = true;
    clearTimeout(this.#deadline);
    this.call.request.signal?.removeEventListener('abort', this.#onAbort);
    const connection = this.#connection;
    if (!connection) this.call.origin.stopWaiting(this);
    else if (connectionIsReusable) this.call.origin.giveBack(connection);
    else this.call.origin.discard(connection);
    this.call.onAnswer(answer);
  }

  /** A copy: the chunks are windows on the socket's read buffers, which an answer must not keep alive. */
  #body(): Uint8Array {
    if (this.#sizeBytes === 0) return NO_BODY;
    return Buffer.concat(this.#chunks, Math.min(this.#sizeBytes, MAX_BODY_BYTES));
  }

  #durationMs(): number {
    return Math.round(performance.now() - this.#startedAtMs);
  }
}

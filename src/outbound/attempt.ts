import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { Dispatcher } from 'undici';
import { CallFault, classifyFault, type Fault } from './classifyFault';
import type { Borrower, Connection, Origin } from './connectionPool';
import { NOBODY } from './connector';
import { excerptOf, retryAfterMs } from './readAnswer';

const MAX_BODY_BYTES = 64 * 1024;
const NO_BODY = new Uint8Array(0);

export interface PostRequest {
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array;
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

/** One POST from the moment it has a connection to its answer. */
export class Attempt implements Dispatcher.DispatchHandler, Borrower {
  readonly tenantId: string;
  readonly flow: string;
  #startedAtMs = performance.now();
  #deadline: NodeJS.Timeout;
  #doing = 'connecting';
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
    const { tenantId, flow } = call.request.share ?? NOBODY;
    this.tenantId = tenantId;
    this.flow = flow;
    this.#deadline = this.#startDeadline();
  }

  start(): void {
    const { signal } = this.call.request;
    if (signal) {
      // One signal may stop thousands of attempts; without this Node takes the eleventh listener for a leak.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', this.#onAbort);
    }
    const { url, request, origin } = this.call;
    this.#connection = origin.borrow();
    const path = url.pathname + url.search;
    this.#connection.send({ path, method: 'POST', headers: request.headers, body: request.body }, this);
  }

  /** Its deadline does not run while it waits for something of ours. */
  onWaiting(): void {
    if (this.#settled) return;
    const { startWithinMs, timeoutMs } = this.call.request;
    clearTimeout(this.#deadline);
    this.#doing = 'waiting for a turn to look the name up';
    this.#deadline = setTimeout(this.#onNoTurn, startWithinMs ?? timeoutMs);
  }

  onTurn(): void {
    if (this.#settled) return;
    clearTimeout(this.#deadline);
    this.#doing = 'connecting';
    this.#startedAtMs = performance.now();
    this.#deadline = this.#startDeadline();
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

  /**
   * A busy event loop runs an overdue timer before it reads the sockets: setImmediate lets an answer that has already
   * arrived be read first.
   */
  #startDeadline(): NodeJS.Timeout {
    return setTimeout(() => setImmediate(this.#onDeadline), this.call.request.timeoutMs);
  }

  #onNoTurn = () => {
    this.#fail(new CallFault('unsent', 'not sent: too many names of this tenant are being looked up'));
  };

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
    if (connection && connectionIsReusable) this.call.origin.giveBack(connection);
    else if (connection) this.call.origin.discard(connection);
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

import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import type { Answer, PostRequest } from './answer';
import { CallFault, classifyFault } from './classifyFault';
import type { Connection, ConnectionUser } from './connection';
import type { Origin } from './connectionPool';
import { NOBODY } from './connector';
import type { AnswerReader } from './http1/answerReader';
import { excerptOf, redirectOf, retryAfterMs } from './readAnswer';

const NO_BODY = new Uint8Array(0);

interface Call {
  request: PostRequest;
  /** What goes over the wire. */
  bytes: Buffer;
  origin: Origin;
  onAnswer: (answer: Answer) => void;
}

/**
 * One POST from the moment it has a connection to its answer.
 *
 * A connection that was used before may end just as the request is written to it: many receivers close without a word in the answer.
 * When no byte of an answer has come, the request is written once more, to a connection that nobody has used.
 */
export class Attempt implements ConnectionUser {
  readonly tenantId: string;
  readonly flow: string;
  /** Without what it waited for something of ours. */
  #startedAtMs = performance.now();
  #waitingSinceMs = 0;
  #isWaitingForTurn = false;
  #deadline: NodeJS.Timeout;
  #doing = 'connecting';
  #isSettled = false;
  #connection: Connection | null = null;
  /** How the first call was lost. From then on somebody may have been called. */
  #lost: Error | null = null;

  constructor(private readonly call: Call) {
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
    this.#use(this.call.origin.borrow());
  }

  /** Its deadline does not run while it waits for something of ours. */
  onWaiting(forWhat: string): void {
    if (this.#isSettled) return;
    const { startWithinMs, timeoutMs } = this.call.request;
    clearTimeout(this.#deadline);
    this.#isWaitingForTurn = true;
    this.#doing = `waiting for ${forWhat}`;
    this.#waitingSinceMs = performance.now();
    this.#deadline = setTimeout(this.#onNoTurn, startWithinMs ?? timeoutMs);
  }

  onTurn(): void {
    if (this.#isSettled) return;
    clearTimeout(this.#deadline);
    this.#isWaitingForTurn = false;
    this.#doing = 'connecting';
    this.#startedAtMs += performance.now() - this.#waitingSinceMs;
    this.#deadline = this.#startDeadline();
  }

  onReady(): void {
    if (this.#isSettled) return;
    if (this.call.request.mayBegin?.() === false) {
      this.#fail(this.#lost ?? new CallFault('aborted', 'withheld before it began'));
      return;
    }
    this.#doing = 'waiting for the answer';
    this.#connection?.write(this.call.bytes);
  }

  onAnswer(answer: AnswerReader): void {
    if (this.#isSettled) return;
    this.#connection = null;
    const body = answer.body();
    this.#settle({ ...this.#seenOf(answer), fault: null, error: null, body, responseExcerpt: excerptOf(body) });
  }

  onBroken(error: Error, answer: AnswerReader | null): void {
    if (this.#isSettled) return;
    const connection = this.#connection;
    this.#connection = null;
    const { origin } = this.call;
    if (connection?.isUnwritten) this.#use(origin.borrow());
    else if (connection?.isStale && this.#lost === null) {
      this.#lost = error;
      this.#doing = 'connecting';
      this.#use(origin.borrowFresh());
    } else this.#fail(error, answer);
  }

  /** This process stops before the answer came: `handed_over`, or `unsent` when the call had not begun. */
  handOver(): void {
    const fault = this.#isWaitingForTurn ? 'unsent' : 'handed_over';
    this.#fail(new CallFault(fault, `handed over while ${this.#doing}: this process stops`));
  }

  #use(connection: Connection): void {
    this.#connection = connection;
    connection.begin(this);
  }

  /**
   * A busy event loop runs an overdue timer before it reads the sockets: setImmediate lets an answer that has already
   * arrived be read first.
   */
  #startDeadline(): NodeJS.Timeout {
    const leftMs = this.call.request.timeoutMs - (performance.now() - this.#startedAtMs);
    return setTimeout(() => setImmediate(this.#onDeadline), leftMs);
  }

  #onNoTurn = () => {
    this.#fail(new CallFault('unsent', `not sent: still ${this.#doing}`));
  };

  #onDeadline = () => {
    const { timeoutMs } = this.call.request;
    const doing = this.#connection?.answer?.head ? 'reading the answer' : this.#doing;
    this.#fail(new CallFault('timeout', `no complete answer within ${timeoutMs} ms: timed out ${doing}`));
  };

  #onAbort = () => {
    this.#fail(new CallFault('aborted', `aborted while ${this.#doing}`));
  };

  #fail(cause: Error, answer = this.#connection?.answer ?? null): void {
    if (this.#isSettled) return;
    let { fault, message } = classifyFault(cause);
    // Before a second call somebody may have been called.
    if (this.#lost && fault === 'unsent') ({ fault, message } = classifyFault(this.#lost));
    const responseExcerpt = answer && excerptOf(answer.body());
    this.#settle({ ...this.#seenOf(answer), fault, error: message, body: NO_BODY, responseExcerpt });
  }

  #seenOf(answer: AnswerReader | null): Pick<Answer, 'statusCode' | 'retryAfterMs' | 'redirect'> {
    const head = answer?.head;
    if (!head) return { statusCode: null, retryAfterMs: null, redirect: null };
    const { statusCode, fields } = head;
    return {
      statusCode,
      retryAfterMs: retryAfterMs({ statusCode, fields, nowMs: Date.now() }),
      redirect: redirectOf({ statusCode, fields }),
    };
  }

  #settle(answer: Omit<Answer, 'durationMs'>): void {
    this.#isSettled = true;
    clearTimeout(this.#deadline);
    this.call.request.signal?.removeEventListener('abort', this.#onAbort);
    if (this.#connection) this.call.origin.discard(this.#connection);
    this.call.onAnswer({ ...answer, durationMs: Math.round(performance.now() - this.#startedAtMs) });
  }
}

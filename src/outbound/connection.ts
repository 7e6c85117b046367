import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { CallFault } from './classifyFault';
import type { Origin } from './connectionPool';
import type { Connector, Opener } from './connector';
import { AnswerReader } from './http1/answerReader';
import { idleMsOf } from './http1/keepAlive';
import type { Cursor } from './http1/lineReader';

/**
 * Bytes on the wire for one answer. Its header and the part of its body that is read need less than half of it, even in
 * chunks of one byte. What is over that is neither, and no other cap sees it: 1xx answers without end, empty lines, chunk
 * extensions. Uncapped they keep the event loop busy until the deadline.
 */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** One who has a connection for one request, and opens it if it is new. */
export interface ConnectionUser extends Opener {
  /** The first byte may leave now: `write` is to be called, or the connection discarded. */
  onReady(): void;
  onAnswer(answer: AnswerReader): void;
  /** There will be no complete answer; `answer` is what came of it. */
  onBroken(error: Error, answer: AnswerReader | null): void;
}

/** One connection to one origin, for one request at a time. */
export class Connection {
  readonly #openedAtMs = performance.now();
  #socket: Socket | null = null;
  #user: ConnectionUser | null = null;
  #answer: AnswerReader | null = null;
  #answerBytes = 0;
  #hasServed = false;
  #isRested = true;
  #idleUntilMs = 0;
  #isEnded = false;

  constructor(
    readonly origin: Origin,
    private readonly connect: Connector,
  ) {}

  /** Used before, and nothing of the answer to this request has come: what broke it may well have been on its way before. */
  get isStale(): boolean {
    return this.#hasServed && this.#answerBytes === 0;
  }

  /** Served before, and no byte of this request has left. */
  get isUnwritten(): boolean {
    return this.#hasServed && this.#answer === null;
  }

  /** What has come of the answer to this request. */
  get answer(): AnswerReader | null {
    return this.#answer;
  }

  get ageMs(): number {
    return performance.now() - this.#openedAtMs;
  }

  get isIdleForTooLong(): boolean {
    return performance.now() > this.#idleUntilMs;
  }

  /** For one request: `user` hears, perhaps at once, when its first byte may leave. */
  begin(user: ConnectionUser): void {
    this.#user = user;
    if (this.#socket === null) this.#open(user);
    else if (this.#isRested) user.onReady();
  }

  write(request: Buffer): void {
    this.#answer = new AnswerReader();
    this.#socket?.write(request);
  }

  /**
   * Its user needs it no more. A receiver may end the connection together with its answer without announcing it: the next request
   * waits until the event loop has asked the sockets once more, which is when that end is seen.
   */
  rest(): void {
    this.#user = null;
    this.#answer = null;
    this.#answerBytes = 0;
    this.#hasServed = true;
    this.#isRested = false;
    setImmediate(() => setImmediate(this.#onRested));
  }

  /** Ends it in whatever state it is; nobody is told. */
  destroy(): void {
    this.#isEnded = true;
    this.#user = null;
    this.#socket?.destroy();
  }

  #open(user: ConnectionUser): void {
    this.#socket = this.connect(this.origin.target, user, (error) => {
      if (this.#isEnded) return;
      if (error) this.#break(error);
      else this.#onOpen();
    });
  }

  #onOpen(): void {
    this.#socket
      ?.on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('close', this.#onEnd)
      .on('error', (error) => this.#break(error));
    this.#user?.onReady();
  }

  #onRested = () => {
    if (this.#isEnded) return;
    this.#isRested = true;
    this.#user?.onReady();
  };

  #onData = (bytes: Buffer) => {
    if (this.#isEnded) return;
    const answer = this.#answer;
    if (answer === null) {
      this.#break(new CallFault('protocol', 'the receiver sent something before it was asked'));
      return;
    }
    this.#answerBytes += bytes.length;
    const cursor = { bytes, at: 0 };
    try {
      answer.read(cursor);
    } catch (error) {
      this.#break(error as Error);
      return;
    }
    if (answer.isComplete) this.#onAnswer(answer, cursor);
    else if (this.#answerBytes > MAX_ANSWER_BYTES) {
      this.#break(new CallFault('too_large', `the answer is too large: more than ${MAX_ANSWER_BYTES} bytes came`));
    }
  };

  #onAnswer(answer: AnswerReader, { bytes, at }: Cursor): void {
    const user = this.#user;
    // Bytes after the answer, or of the request that have not left yet, would mix with what comes next.
    const isClean = at === bytes.length && this.#socket?.writableLength === 0;
    const idleMs = isClean && answer.isConnectionReusable && answer.head ? idleMsOf(answer.head) : 0;
    this.#idleUntilMs = performance.now() + idleMs;
    if (idleMs > 0) this.origin.giveBack(this);
    else this.origin.discard(this);
    user?.onAnswer(answer);
  }

  #onEnd = () => {
    if (this.#isEnded) return;
    const answer = this.#answer;
    try {
      if (!answer) throw new CallFault('reset', 'the connection ended before the request was sent');
      answer.end();
    } catch (error) {
      this.#break(error as Error);
      return;
    }
    this.#onAnswer(answer, { bytes: Buffer.alloc(0), at: 0 });
  };

  #break(error: Error): void {
    if (this.#isEnded) return;
    const user = this.#user;
    if (user) this.origin.discard(this);
    else this.origin.dropIdle(this);
    user?.onBroken(error, this.#answer);
  }
}

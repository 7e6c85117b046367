import { CallFault } from '../classifyFault';
import { AnswerHead } from './answerHead';
import { Chunks } from './chunks';
import { type Framing, framingOf } from './framing';
import { type Cursor, LineReader } from './lineReader';

const MAX_HEADER_BYTES = 16 * 1024;
const MAX_BODY_BYTES = 64 * 1024;
const NO_BODY = new Uint8Array(0);

const BEGINNING = Buffer.from('http/');
const TO_LOWER_CASE = 0x20;
const CR = 13;
const LF = 10;

const SWITCHING_PROTOCOLS = 101;

/**
 * Reads the one answer to a POST from the bytes of its connection, in the widest sense that RFC 9110 and 9112 leave to a client:
 * a receiver that has done its work has no use for a complaint about its grammar (docs/decisions/0020).
 */
export class AnswerReader {
  /** Of the answer proper, as soon as its status line is there. Interim answers (1xx) come before it, whoever asked for them. */
  head: AnswerHead | null = null;
  /** The whole answer is there, or all of it that is ever read: of the body a little more than is kept. */
  isComplete = false;
  #isHeadComplete = false;
  #framing: Framing | null = null;
  #matched = 0;
  #lines = new LineReader('header', MAX_HEADER_BYTES);
  #chunks: Chunks | null = null;
  #body: Buffer[] = [];
  #bodyBytes = 0;

  /** @throws {CallFault} for what is no answer, or too large. */
  read(cursor: Cursor): void {
    while (!this.#isHeadComplete && cursor.at < cursor.bytes.length) this.#readHead(cursor);
    if (!this.isComplete && cursor.at < cursor.bytes.length) this.#readBody(cursor);
  }

  /** The receiver has ended the connection. @throws {CallFault} when something is missing. */
  end(): void {
    if (this.#framing?.body.kind === 'untilClose') this.isComplete = true;
    if (!this.isComplete) throw new CallFault('reset', 'the connection ended before the answer was complete');
  }

  /** Of a complete answer. */
  get isConnectionReusable(): boolean {
    return this.#framing?.isReusable === true && this.#bodyBytes <= MAX_BODY_BYTES;
  }

  /** What there is of it. A copy: the pieces are windows on the socket's buffers, which an answer must not keep alive. */
  body(): Uint8Array {
    if (this.#bodyBytes === 0) return NO_BODY;
    return Buffer.concat(this.#body, Math.min(this.#bodyBytes, MAX_BODY_BYTES));
  }

  #readHead(cursor: Cursor): void {
    if (this.#matched < BEGINNING.length) {
      this.#match(cursor);
      return;
    }
    const line = this.#lines.next(cursor);
    if (line === null) return;
    if (this.head === null) this.#onStatusLine(line);
    else if (line === '') this.#onHead(this.head);
    else this.head.add(line);
  }

  /** Byte by byte, as another protocol's greeting may have no end of line. Empty lines before the answer are skipped. */
  #match(cursor: Cursor): void {
    const byte = cursor.bytes[cursor.at] ?? 0;
    cursor.at += 1;
    if (this.#matched === 0 && (byte === CR || byte === LF)) return;
    if ((byte | TO_LOWER_CASE) !== BEGINNING[this.#matched]) {
      throw new CallFault('protocol', 'the answer is not HTTP: it does not begin with HTTP/');
    }
    this.#matched += 1;
  }

  #onStatusLine(line: string): void {
    const head = new AnswerHead(line);
    this.head = head;
    if (head.statusCode === SWITCHING_PROTOCOLS) {
      throw new CallFault('protocol', 'the receiver switches to another protocol (101), which nobody asked for');
    }
  }

  #onHead(head: AnswerHead): void {
    if (head.statusCode < 200) {
      this.head = null;
      this.#matched = 0;
      this.#lines.startSection();
      return;
    }
    this.#isHeadComplete = true;
    this.#framing = framingOf(head);
    if (this.#framing.body.kind === 'none') this.isComplete = true;
    if (this.#framing.body.kind === 'chunks') this.#chunks = new Chunks();
  }

  #readBody(cursor: Cursor): void {
    const body = this.#framing?.body;
    if (this.#chunks) {
      if (this.#chunks.read(cursor, this.#take)) this.isComplete = true;
    } else if (body?.kind === 'length') {
      const end = Math.min(cursor.bytes.length, cursor.at + body.bytes - this.#bodyBytes);
      this.#take(cursor.bytes.subarray(cursor.at, end));
      cursor.at = end;
      if (this.#bodyBytes === body.bytes) this.isComplete = true;
    } else {
      this.#take(cursor.bytes.subarray(cursor.at));
      cursor.at = cursor.bytes.length;
    }
  }

  /** @returns whether more is wanted. */
  #take = (data: Buffer): boolean => {
    this.#body.push(data);
    this.#bodyBytes += data.length;
    if (this.#bodyBytes > MAX_BODY_BYTES) this.isComplete = true;
    return !this.isComplete;
  };
}

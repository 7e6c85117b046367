import { CallFault } from '../classifyFault';
import { type Cursor, LineReader } from './lineReader';

const MAX_SECTION_BYTES = 16 * 1024;
const SIZE_LINE = /^[ \t]*([0-9a-f]+)[ \t]*(?:;.*)?$/is;

/** Takes a body apart that comes in chunks (RFC 9112 section 7.1). */
export class Chunks {
  readonly #sizes = new LineReader('size of a chunk', MAX_SECTION_BYTES);
  readonly #trailer = new LineReader('trailer', MAX_SECTION_BYTES);
  #part: 'size' | 'data' | 'endOfData' | 'trailer' | 'end' = 'size';
  #leftBytes = 0;

  /** Reads on as far as what came reaches, or as `take` wants more. @returns whether the body is complete. */
  read(cursor: Cursor, take: (data: Buffer) => boolean): boolean {
    while (cursor.at < cursor.bytes.length && this.#part !== 'end') {
      if (this.#part === 'data') {
        if (!this.#readData(cursor, take)) return false;
      } else {
        const reader = this.#part === 'trailer' ? this.#trailer : this.#sizes;
        const line = reader.next(cursor);
        if (line !== null) this.#onLine(line);
      }
    }
    return this.#part === 'end';
  }

  #readData(cursor: Cursor, take: (data: Buffer) => boolean): boolean {
    const end = Math.min(cursor.at + this.#leftBytes, cursor.bytes.length);
    const data = cursor.bytes.subarray(cursor.at, end);
    cursor.at = end;
    this.#leftBytes -= data.length;
    if (this.#leftBytes === 0) this.#part = 'endOfData';
    return take(data);
  }

  #onLine(line: string): void {
    switch (this.#part) {
      case 'size':
        this.#onSize(line);
        break;
      case 'endOfData':
        if (line !== '') throw new CallFault('protocol', 'a chunk of the answer is longer than its size');
        this.#part = 'size';
        break;
      default:
        if (line === '') this.#part = 'end';
    }
  }

  #onSize(line: string): void {
    const digits = SIZE_LINE.exec(line)?.[1];
    if (digits === undefined) throw new CallFault('protocol', 'a chunk of the answer has no size');
    this.#sizes.startSection();
    this.#leftBytes = Number.parseInt(digits, 16);
    this.#part = this.#leftBytes === 0 ? 'trailer' : 'data';
  }
}

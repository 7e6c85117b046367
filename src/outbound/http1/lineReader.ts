import { CallFault } from '../classifyFault';

const LF = 10;

/** Bytes as they came, and how far they have been read. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** Reads the lines of one section of an answer (its header, a chunk's size, its trailer), however they are cut into pieces. */
export class LineReader {
  #begun = '';
  #sectionBytes = 0;

  /** @param section names the section in the fault. */
  constructor(
    private readonly section: string,
    private readonly maxBytes: number,
  ) {}

  /**
   * The next line without its end, which is CRLF or a bare LF (RFC 9112 section 2.2), as latin1; null when it has not come as a
   * whole.
   *
   * @throws {CallFault} `too_large` when the section is.
   */
  next(cursor: Cursor): string | null {
    const { bytes, at } = cursor;
    const end = bytes.indexOf(LF, at);
    cursor.at = end === -1 ? bytes.length : end + 1;
    this.#sectionBytes += cursor.at - at;
    if (this.#sectionBytes > this.maxBytes) {
      throw new CallFault(
        'too_large',
        `the ${this.section} of the answer is too large: more than ${this.maxBytes} bytes`,
      );
    }
    const piece = bytes.toString('latin1', at, end === -1 ? bytes.length : end);
    if (end === -1) {
      this.#begun += piece;
      return null;
    }
    const line = this.#begun + piece;
    this.#begun = '';
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  /** The lines that follow are counted anew. */
  startSection(): void {
    this.#sectionBytes = 0;
  }
}

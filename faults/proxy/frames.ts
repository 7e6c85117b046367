const LENGTH_BYTES = 4;

/** One message of PostgreSQL's protocol, version 3; the start-up message has no type. */
export interface Frame {
  type: string | null;
  /** With type and length. */
  bytes: Buffer;
}

/** Cuts a stream of bytes into PostgreSQL's messages, whatever the pieces it comes in. */
export class FrameReader {
  private rest: Buffer = Buffer.alloc(0);

  /** @param isUntyped whether the first message is the start-up message: so it is from a client. */
  constructor(private isUntyped: boolean) {}

  read(bytes: Buffer): Frame[] {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    const frames: Frame[] = [];
    for (;;) {
      const typeBytes = this.isUntyped ? 0 : 1;
      if (this.rest.length < typeBytes + LENGTH_BYTES) return frames;
      const end = typeBytes + this.rest.readInt32BE(typeBytes);
      if (this.rest.length < end) return frames;
      const type = this.isUntyped ? null : this.rest.toString('latin1', 0, 1);
      frames.push({ type, bytes: this.rest.subarray(0, end) });
      this.rest = this.rest.subarray(end);
      this.isUntyped = false;
    }
  }
}

/** Of a Bind: `B`, length, portal, NUL, prepared statement, NUL, … */
export function boundStatement({ type, bytes }: Frame): string | null {
  if (type !== 'B') return null;
  const start = bytes.indexOf(0, 1 + LENGTH_BYTES) + 1;
  return bytes.toString('utf8', start, bytes.indexOf(0, start));
}

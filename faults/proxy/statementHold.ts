import { boundStatement, type Frame, FrameReader } from './frames';
import type { Tap } from './tcpProxy';

/**
 * Where a prepared statement that is a transaction of its own is held. `unsent`: before anything of it reaches the
 * server. `executed`: it has run, and its Sync, with which the server commits, is held. `committing`: not held; told the
 * moment its Sync leaves. `committed`: the server has answered that it is done, and the answer is held.
 */
export const MOMENTS = ['unsent', 'executed', 'committing', 'committed'] as const;
export type Moment = (typeof MOMENTS)[number];

interface Watch {
  statements: readonly string[];
  moment: Moment;
  resolve(): void;
}

/** PostgreSQL's `Sync` and `ReadyForQuery`. */
const SYNC = 'S';
const READY = 'Z';

/** Watches the connections of one link for a statement and holds it there until the connection ends. */
export class StatementHold {
  private watch: Watch | null = null;

  /** Resolves when one of the statements has come to that moment, once. */
  next(watch: { statements: readonly string[]; moment: Moment }): Promise<void> {
    return new Promise((resolve) => {
      this.watch = { ...watch, resolve };
    });
  }

  /** Nothing more is held; what is held stays so. */
  disarm(): void {
    this.watch = null;
  }

  tap(): Tap {
    const client = new FrameReader(true);
    const server = new FrameReader(false);
    let held: Watch | null = null;
    let isHoldingClient = false;
    let isHoldingServer = false;

    const onClientFrame = (frame: Frame, forward: (bytes: Buffer) => void) => {
      if (isHoldingClient) return;
      if (held === null && this.watch?.statements.includes(boundStatement(frame) ?? '')) {
        held = this.watch;
        this.watch = null;
      }
      if (held === null) return forward(frame.bytes);
      const isSync = frame.type === SYNC;
      if (held.moment === 'unsent' || (held.moment === 'executed' && isSync)) {
        isHoldingClient = true;
        return held.resolve();
      }
      if (held.moment === 'committed') isHoldingServer = true;
      forward(frame.bytes);
      if (held.moment === 'committing' && isSync) {
        held.resolve();
        held = null;
      }
    };
    return {
      fromClient(bytes, forward) {
        for (const frame of client.read(bytes)) onClientFrame(frame, forward);
      },
      fromServer(bytes, forward) {
        if (!isHoldingServer) {
          // The server's start-up answers hold no message without a type, as the clients ask for no TLS.
          server.read(bytes);
          forward(bytes);
          return;
        }
        if (server.read(bytes).some(({ type }) => type === READY)) held?.resolve();
      },
    };
  }
}

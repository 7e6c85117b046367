/** What of a connection tells how far its caller has taken what was written to it. */
export interface Taking {
  /** Since it was opened; what still waits counts too. */
  readonly bytesWritten: number;
  /** Of these the bytes that still wait. */
  readonly writableLength: number;
  destroy(): unknown;
}

interface Behind {
  /** Bytes since the connection was opened: what waited when this was noticed is taken when so many are. */
  upToBytes: number;
  sinceMs: number;
}

/**
 * Callers who take their answer so slowly that it would not end: a byte now and then is no standstill. What waits for a
 * caller must be taken, whole, within `withinMs`; answers are written in one piece, so that is an answer's whole way.
 * Counted from the check that first sees it wait.
 */
export function createSlowReaders({ withinMs, nowMs = () => performance.now() }: SlowReadersOptions) {
  const open = new Map<Taking, Behind | null>();

  function behind(connection: Taking, known: Behind | null): Behind | null {
    const { bytesWritten, writableLength } = connection;
    if (writableLength === 0) return null;
    if (known && bytesWritten - writableLength < known.upToBytes) return known;
    return { upToBytes: bytesWritten, sinceMs: nowMs() };
  }

  return {
    add: (connection: Taking) => void open.set(connection, null),
    delete: (connection: Taking) => void open.delete(connection),
    /** Cuts off whoever is late. */
    check(): void {
      for (const [connection, known] of open) {
        const now = behind(connection, known);
        open.set(connection, now);
        if (now && nowMs() - now.sinceMs > withinMs) connection.destroy();
      }
    },
  };
}

interface SlowReadersOptions {
  withinMs: number;
  nowMs?: () => number;
}

import { performance } from 'node:perf_hooks';
import { Client, type Dispatcher } from 'undici';
import { type Connector, NOBODY, type Opener } from './connector';

const MAX_HEADER_BYTES = 16 * 1024;
/** Below the 5 s after which Node's own servers, and many others, close an idle connection; their hint can only shorten it. */
const IDLE_MS = 4_000;

/**
 * Bytes on the wire for one answer. Its header and the part of its body that is read need less than half of it, even in
 * chunks of one byte. What is over that is neither, and no other cap sees it: 1xx answers without end, white space,
 * reason phrases, chunk extensions, line breaks. Uncapped they keep the event loop busy until the deadline.
 */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * undici takes all that there is at once, and when a header has become too large its parser goes on to the end of that, with
 * an error for every line: 64 KiB of these were a quarter of a second of CPU.
 */
const PIECE_BYTES = 4 * 1024;

/** One who has a connection, and opens it if it is new. */
export interface Borrower extends Opener {
  /** The answer is larger on the wire than any that is read to its end. */
  onFlood(): void;
}

/** One connection to one origin, for one request at a time. */
export class Connection {
  readonly #client: Client;
  #socket: ReturnType<Connector> | null = null;
  #openedAtMs = 0;
  #user: Borrower | null = null;
  #bytesReadBefore = 0;

  constructor(
    readonly origin: Origin,
    connect: Connector,
  ) {
    this.#client = new Client(origin.name, {
      connect: (target, callback) => {
        this.#openedAtMs = performance.now();
        const socket = connect(target, this.#user ?? NOBODY, (...outcome) => {
          if (outcome[0] === null) readInPieces(socket);
          callback(...outcome);
          // After undici's own listener: what there is to read has been read.
          if (outcome[0] === null) socket.on('readable', this.#onRead);
        });
        this.#socket = socket;
      },
      pipelining: 1,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      // The attempt has one deadline of its own; these two would only cost timers.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    this.#client.on('disconnect', () => origin.onDisconnect(this));
  }

  get ageMs(): number {
    return performance.now() - this.#openedAtMs;
  }

  send(request: Dispatcher.DispatchOptions, user: Borrower & Dispatcher.DispatchHandler): void {
    this.#user = user;
    this.#bytesReadBefore = this.#socket?.bytesRead ?? 0;
    this.#client.dispatch(request, user);
  }

  /** Its user needs it no more. */
  release(): void {
    this.#user = null;
  }

  /** Ends it in whatever state it is. undici does not know a socket that is still connecting. */
  destroy(): void {
    void this.#client.destroy();
    this.#socket?.destroy();
  }

  #onRead = () => {
    const answerBytes = (this.#socket?.bytesRead ?? 0) - this.#bytesReadBefore;
    if (answerBytes <= MAX_ANSWER_BYTES) return;
    if (this.#user) this.#user.onFlood();
    else this.destroy();
  };
}

function readInPieces(socket: ReturnType<Connector>): void {
  const read = socket.read.bind(socket);
  // A stream that is destroyed goes on giving what it has.
  socket.read = () => (socket.destroyed ? null : read(socket.readableLength > PIECE_BYTES ? PIECE_BYTES : undefined));
}

/** The connections to one origin. */
export class Origin {
  readonly #idle: Connection[] = [];
  #open = 0;

  constructor(
    readonly name: string,
    private readonly pool: ConnectionPool,
  ) {}

  borrow(): Connection {
    return this.#takeIdle() ?? this.#openAnother();
  }

  giveBack(connection: Connection): void {
    connection.release();
    this.#idle.push(connection);
    this.pool.onIdle(connection);
  }

  discard(connection: Connection): void {
    connection.destroy();
    this.#open -= 1;
    if (this.#open === 0) this.pool.onUnused(this);
  }

  /** While it is in use undici tells the one who uses it; idle, it is of no more use. */
  onDisconnect(connection: Connection): void {
    this.dropIdle(connection);
  }

  /** Does nothing for one that is in use. */
  dropIdle(connection: Connection): void {
    const position = this.#idle.indexOf(connection);
    if (position === -1) return;
    this.#idle.splice(position, 1);
    this.pool.onTaken(connection);
    this.discard(connection);
  }

  /** The last one used first, so that the others can close. One that has grown too old is no longer used. */
  #takeIdle(): Connection | null {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      this.pool.onTaken(connection);
      if (connection.ageMs < this.pool.options.maxConnectionAgeMs) return connection;
      connection.destroy();
      this.#open -= 1;
    }
    return null;
  }

  #openAnother(): Connection {
    this.#open += 1;
    return new Connection(this, this.pool.options.connect);
  }
}

export interface PoolOptions {
  connect: Connector;
  maxConnectionAgeMs: number;
  /** To all origins; the one unused for longest is closed first. */
  maxIdleConnections: number;
}

/**
 * Keep-alive connections, per origin. Nobody waits here: how many may be in use at once is for the callers to bound, by
 * tenant (services/attempts/callSlots.ts, services/testCalls.ts).
 *
 * undici's own Pool is not used for two things it does not do: end a connection when the deadline passes while it still
 * connects, and replace a connection by age without failing or forgetting what is queued (its `clientTtl` closes a client
 * that the queue is then handed to).
 */
export class ConnectionPool {
  readonly #origins = new Map<string, Origin>();
  /** The one unused for longest first. */
  readonly #idle = new Set<Connection>();

  constructor(readonly options: PoolOptions) {}

  origin(name: string): Origin {
    let origin = this.#origins.get(name);
    if (!origin) {
      origin = new Origin(name, this);
      this.#origins.set(name, origin);
    }
    return origin;
  }

  onIdle(connection: Connection): void {
    this.#idle.add(connection);
    if (this.#idle.size <= this.options.maxIdleConnections) return;
    const oldest = this.#idle.values().next().value;
    oldest?.origin.dropIdle(oldest);
  }

  /** It is idle no more. */
  onTaken(connection: Connection): void {
    this.#idle.delete(connection);
  }

  onUnused(origin: Origin): void {
    if (this.#origins.get(origin.name) === origin) this.#origins.delete(origin.name);
  }

  destroyIdle(): void {
    for (const connection of [...this.#idle]) connection.origin.dropIdle(connection);
  }
}

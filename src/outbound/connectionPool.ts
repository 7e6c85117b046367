import { type Target, targetOf } from './callbackUrl';
import { Connection } from './connection';
import type { Connector } from './connector';

/** How often connections that have been idle for too long are looked for. */
const SWEEP_MS = 1_000;

/** The connections to one origin. */
export class Origin {
  readonly #idle: Connection[] = [];
  #open = 0;

  constructor(
    readonly name: string,
    readonly target: Target,
    private readonly pool: ConnectionPool,
  ) {}

  /** One for one request, which then gives it back or discards it. */
  borrow(): Connection {
    return this.#takeIdle() ?? this.borrowFresh();
  }

  /** One that no request has used. */
  borrowFresh(): Connection {
    if (this.#open === 0) this.pool.onUsed(this);
    this.#open += 1;
    return new Connection(this, this.pool.options.connect);
  }

  giveBack(connection: Connection): void {
    connection.rest();
    this.#idle.push(connection);
    this.pool.onIdle(connection);
  }

  discard(connection: Connection): void {
    connection.destroy();
    this.#open -= 1;
    if (this.#open === 0) this.pool.onUnused(this);
  }

  /** Does nothing for one that is in use. */
  dropIdle(connection: Connection): void {
    const position = this.#idle.indexOf(connection);
    if (position === -1) return;
    this.#idle.splice(position, 1);
    this.pool.onTaken(connection);
    this.discard(connection);
  }

  /** The last one used first, so that the others can close. One that has grown too old, or was idle for too long, is no longer used. */
  #takeIdle(): Connection | null {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      this.pool.onTaken(connection);
      if (this.pool.isUsable(connection)) return connection;
      connection.destroy();
      this.#open -= 1;
    }
    return null;
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
 */
export class ConnectionPool {
  /** Those that have connections. */
  readonly #origins = new Map<string, Origin>();
  /** The one unused for longest first. */
  readonly #idle = new Set<Connection>();
  #sweeper: NodeJS.Timeout | null = null;

  constructor(readonly options: PoolOptions) {}

  origin(url: URL): Origin {
    return this.#origins.get(url.origin) ?? new Origin(url.origin, targetOf(url), this);
  }

  isUsable(connection: Connection): boolean {
    return connection.ageMs < this.options.maxConnectionAgeMs && !connection.isIdleForTooLong;
  }

  onIdle(connection: Connection): void {
    this.#idle.add(connection);
    this.#sweeper ??= setTimeout(this.#sweep, SWEEP_MS).unref();
    if (this.#idle.size <= this.options.maxIdleConnections) return;
    const oldest = this.#idle.values().next().value;
    oldest?.origin.dropIdle(oldest);
  }

  /** It is idle no more. */
  onTaken(connection: Connection): void {
    this.#idle.delete(connection);
  }

  onUsed(origin: Origin): void {
    this.#origins.set(origin.name, origin);
  }

  onUnused(origin: Origin): void {
    if (this.#origins.get(origin.name) === origin) this.#origins.delete(origin.name);
  }

  destroyIdle(): void {
    for (const connection of [...this.#idle]) connection.origin.dropIdle(connection);
  }

  #sweep = () => {
    for (const connection of [...this.#idle]) {
      if (connection.isIdleForTooLong) connection.origin.dropIdle(connection);
    }
    this.#sweeper = this.#idle.size === 0 ? null : setTimeout(this.#sweep, SWEEP_MS).unref();
  };
}

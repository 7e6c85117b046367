import { type AddressInfo, createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import { DelayLine } from './delayLine';

/**
 * `slow`: what arrives leaves later. `cut`: every connection is reset, new ones too. `halfOpen`: bytes are swallowed both
 * ways and nothing is closed; a connection that lost bytes so stays dead after the link is healed, as one that a
 * firewall has forgotten.
 */
export type LinkMode = { kind: 'pass' } | { kind: 'slow'; delayMs: number } | { kind: 'cut' } | { kind: 'halfOpen' };

/** Sees the bytes of one connection on their way, and lets them go on when it likes. */
export interface Tap {
  fromClient(bytes: Buffer, forward: (bytes: Buffer) => void): void;
  fromServer(bytes: Buffer, forward: (bytes: Buffer) => void): void;
}

export interface TcpProxyOptions {
  target: { host: string; port: number };
  /** Called for every new connection. */
  tap?(): Tap;
}

interface Connection {
  client: Socket;
  server: Socket;
  /** Bytes of it were swallowed. */
  isDead: boolean;
}

const PASS: LinkMode = { kind: 'pass' };

/** One link of the installation, on a port of 127.0.0.1, to be hurt while it runs. */
export class TcpProxy {
  private mode: LinkMode = PASS;
  private listensOn = 0;
  private readonly connections = new Set<Connection>();
  private readonly server: Server;

  private constructor(private readonly options: TcpProxyOptions) {
    // What is half closed is passed on as such; Node would close both halves.
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.accept(client));
  }

  static async start(options: TcpProxyOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    proxy.listensOn = (proxy.server.address() as AddressInfo).port;
    return proxy;
  }

  /** Also when it has stopped: a caller who does not know that yet is refused by the machine. */
  get port(): number {
    return this.listensOn;
  }

  /** For new connections. */
  set target(target: { host: string; port: number }) {
    this.options.target = target;
  }

  setMode(mode: LinkMode): void {
    this.mode = mode;
    if (mode.kind === 'cut') this.reset();
  }

  heal(): void {
    this.setMode(PASS);
  }

  async stop(): Promise<void> {
    this.reset();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private reset(): void {
    for (const { client, server } of this.connections) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  private accept(client: Socket): void {
    if (this.mode.kind === 'cut') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = tcpConnect({ ...this.options.target, allowHalfOpen: true, noDelay: true });
    const connection: Connection = { client, server, isDead: false };
    this.connections.add(connection);
    const tap = this.options.tap?.();
    const write = (to: Socket) => (bytes: Buffer) => {
      if (to.writable) to.write(bytes);
    };
    const toServer = write(server);
    const toClient = write(client);
    this.join(connection, {
      from: client,
      to: server,
      pass: tap ? (bytes) => tap.fromClient(bytes, toServer) : toServer,
    });
    this.join(connection, {
      from: server,
      to: client,
      pass: tap ? (bytes) => tap.fromServer(bytes, toClient) : toClient,
    });
  }

  private join(
    connection: Connection,
    { from, to, pass }: { from: Socket; to: Socket; pass(bytes: Buffer): void },
  ): void {
    const line = new DelayLine();
    const send = (run: () => void) => {
      if (this.mode.kind === 'halfOpen') connection.isDead = true;
      // Of a dead connection the other side hears nothing any more, not even its end.
      if (!connection.isDead) line.push(run, this.mode.kind === 'slow' ? this.mode.delayMs : 0);
    };
    from.on('data', (bytes: Buffer) => send(() => pass(bytes)));
    from.on('end', () => send(() => to.end()));
    from.on('error', () => send(() => to.resetAndDestroy()));
    from.on('close', () => {
      if (to.destroyed) this.connections.delete(connection);
      else send(() => to.destroySoon());
    });
  }
}

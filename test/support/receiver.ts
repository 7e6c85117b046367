import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

export interface Hit {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** When its body had arrived, in epoch ms. */
  at: number;
}

/** An ordinary answer: 200 with an empty body, at once, unless it says otherwise. */
export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  delayMs?: number;
  /** Not before this has resolved. */
  after?: Promise<unknown>;
  /** Called right before the answer leaves. */
  onAnswer?: () => void;
}

/**
 * Ways to misbehave. `hang`: reads the request and never answers. `reset`: RST instead of an answer. `resetMidBody` and
 * `closeMidBody`: 200 and half of the promised body first; `closeMidChunks`: the same without a length. `drip`: 200 and one byte every 20 ms, for ever. `endless`:
 * 200 and as many bytes as the other side takes. `headerFlood`: 1 MiB of header. `garbage`: not HTTP.
 * `switchProtocols`: a 101 nobody asked for. `gzipBomb`: 10 KiB that would be 10 MiB. `closeAfter`: 200 on a connection
 * announced as kept alive, which is then closed.
 */
export type Misbehaviour = keyof typeof MISBEHAVIOURS;

/** One answer for every hit, or a function of the hit's number on its path (1, 2, …). */
export type Behaviour = Reply | Misbehaviour | ((hitNumber: number, hit: Hit) => Reply | Misbehaviour);

export interface ReceiverOptions {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default: any free one. */
  port?: number;
  /** PEM key and certificate; makes it an https receiver. */
  tls?: { key: string; cert: string };
}

export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

/**
 * A real HTTP server that answers as it is told and remembers every request.
 *
 * ```ts
 * const receiver = await startReceiver();
 * receiver.on('/hook', (hitNumber) => (hitNumber < 3 ? { status: 503 } : { status: 200 }));
 * await publishTo(receiver.url('/hook'));
 * const hits = await receiver.waitForHits('/hook', 3, { timeoutMs: 5_000 });
 * await receiver.stop();
 * ```
 * A path without a behaviour answers 200. Query strings do not count as part of the path.
 */
export async function startReceiver({ host = '127.0.0.1', port = 0, tls }: ReceiverOptions = {}) {
  const behaviours = new Map<string, Behaviour>();
  const hitsOf = new Map<string, Hit[]>();
  const open = new Set<Socket>();
  const watchers = new Set<() => void>();
  let connectionsSeen = 0;

  const changed = () => {
    for (const check of [...watchers]) check();
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const hits = hitsOf.get(path) ?? [];
      const hit = { path, headers: request.headers, body: Buffer.concat(chunks).toString(), at: Date.now() };
      hits.push(hit);
      hitsOf.set(path, hits);
      const behaviour = behaviours.get(path) ?? {};
      const chosen = typeof behaviour === 'function' ? behaviour(hits.length, hit) : behaviour;
      if (typeof chosen === 'string') MISBEHAVIOURS[chosen](response, request.socket);
      else reply(response, chosen);
      changed();
    });
  };

  const server = tls ? createSecureServer(tls, onRequest) : createServer(onRequest);
  server.on('connection', (socket: Socket) => {
    connectionsSeen += 1;
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      open.delete(socket);
      changed();
    });
    changed();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;

  /** Resolves as soon as `condition` holds; rejects with `describe()` at the deadline. Looks at every hit and connection. */
  function waitUntil(condition: () => boolean, wait: { timeoutMs: number; describe: () => string }): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(deadline);
        watchers.delete(check);
      };
      const check = () => {
        if (!condition()) return;
        done();
        resolve();
      };
      const deadline = setTimeout(() => {
        done();
        reject(new Error(`after ${wait.timeoutMs} ms: ${wait.describe()}`));
      }, wait.timeoutMs);
      watchers.add(check);
      check();
    });
  }

  const hits = (path: string): readonly Hit[] => hitsOf.get(path) ?? [];

  return {
    port: address.port,
    /** `host` replaces the name or address in the URL, for tests of names. */
    url: (path: string, urlHost = host) =>
      `${tls ? 'https' : 'http'}://${urlHost.includes(':') ? `[${urlHost}]` : urlHost}:${address.port}${path}`,
    /** Sets, or replaces, how `path` behaves from its next hit on. */
    on: (path: string, behaviour: Behaviour) => void behaviours.set(path, behaviour),
    hits,
    /** Forgets the hits, so that hit numbers start over; behaviours stay. */
    clear: () => hitsOf.clear(),
    /** Connections that are open now, and all that were ever opened. */
    connections: () => ({ open: open.size, seen: connectionsSeen }),

    /** The first `count` or more hits of `path`; rejects at the deadline, saying what came. */
    async waitForHits(path: string, count: number, { timeoutMs = 10_000 } = {}): Promise<readonly Hit[]> {
      const describe = () => `${hits(path).length} of ${count} hits on ${path}: ${JSON.stringify(hits(path))}`;
      await waitUntil(() => hits(path).length >= count, { timeoutMs, describe });
      return hits(path);
    },
    /** Until nobody is connected any more: the caller has let go of what hung. */
    waitForNoConnections: ({ timeoutMs = 10_000 } = {}) =>
      waitUntil(() => open.size === 0, { timeoutMs, describe: () => `${open.size} connections are open` }),
    /** Closes everything at once, also what hangs. */
    async stop(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

function reply(
  response: ServerResponse,
  { status = 200, headers = {}, body = '', delayMs = 0, after, onAnswer }: Reply,
): void {
  const answer = () => {
    onAnswer?.();
    response.writeHead(status, headers).end(body);
  };
  if (after) void after.then(answer);
  else if (delayMs === 0) answer();
  else setTimeout(answer, delayMs);
}

const HALF = { 'content-length': '20' };

const MISBEHAVIOURS = {
  hang: () => {},
  reset: (_response: ServerResponse, socket: Socket) => void socket.resetAndDestroy(),
  resetMidBody: (response: ServerResponse, socket: Socket) =>
    void response.writeHead(200, HALF).write('ten bytes.', () => socket.resetAndDestroy()),
  closeMidBody: (response: ServerResponse, socket: Socket) =>
    void response.writeHead(200, HALF).write('ten bytes.', () => socket.end()),
  closeMidChunks: (response: ServerResponse, socket: Socket) =>
    void response.writeHead(200, { connection: 'close' }).write('ten bytes.', () => socket.end()),
  switchProtocols: (_response: ServerResponse, socket: Socket) =>
    void socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n'),
  drip: (response: ServerResponse) => {
    response.writeHead(200).flushHeaders();
    const timer = setInterval(() => response.write('.'), 20);
    response.on('close', () => clearInterval(timer));
  },
  endless: (response: ServerResponse) => {
    const chunk = Buffer.alloc(16 * 1024, 'x');
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.writeHead(200).on('drain', pour);
    pour();
  },
  headerFlood: (_response: ServerResponse, socket: Socket) =>
    void socket.write(`HTTP/1.1 200 OK\r\n${'x-flood: 0123456789\r\n'.repeat(50_000)}\r\n`),
  garbage: (_response: ServerResponse, socket: Socket) => void socket.write('220 mail.example ESMTP ready\r\n'),
  gzipBomb: (response: ServerResponse) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(10 * 1024 * 1024)));
  },
  closeAfter: (_response: ServerResponse, socket: Socket) => {
    socket.end('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok');
  },
} satisfies Record<string, (response: ServerResponse, socket: Socket) => void>;

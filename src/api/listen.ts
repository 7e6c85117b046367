import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { messageClasses } from './messageClasses';

const HEADERS_TIMEOUT_MS = 10_000;
/** Header and body together: what drips longer is cut off. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than the idle time of common load balancers (60 s), so that it is they who close an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000;
const CHECK_CONNECTIONS_EVERY_MS = 1000;
const READ_AHEAD_BYTES = 65_536;
/** Every call is answered within 10 s, so what is open after these is not a call under way. */
const CLOSE_WITHIN_MS = 11_000;
const CLOSE_IDLE_EVERY_MS = 50;

export interface Listening {
  url: string;
  /** Takes no more connections, and comes back when the calls under way are answered. */
  close(): Promise<void>;
}

/** Port 0 takes a free one. @throws when the address cannot be listened on, above all a port that is taken. */
export function listen(app: Express, { host, port }: { host: string; port: number }): Promise<Listening> {
  const server = createServer(
    {
      ...messageClasses(app),
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_CONNECTIONS_EVERY_MS,
      highWaterMark: READ_AHEAD_BYTES,
    },
    app,
  );
  return new Promise((resolve, reject) => {
    // Not app.listen(): Express 5 hands the fault to the callback of success.
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve({ url: urlOf(server.address() as AddressInfo), close: () => close(server) });
    });
  });
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // Node closes connections that are idle now; those that become idle after their answer are closed here.
    const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_EVERY_MS);
    const giveUp = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(giveUp);
      resolve();
    });
  });
}

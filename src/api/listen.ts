import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { answerBrokenCall } from './brokenCalls';
import { addressGroup } from './connections/addressGroup';
import type { ConnectionShares } from './connections/connectionShares';
import { oneAtATime } from './connections/oneAtATime';
import { messageClasses } from './messageClasses';
import { createSlowReaders } from './slowReaders';

/** What one connection may cost, and how many there may be. */
export interface ConnectionLimits {
  /** For a call's header, counted from the connection for its first call. */
  headersTimeoutMs: number;
  /** For header and body together: what drips longer is cut off. */
  requestTimeoutMs: number;
  /** Nothing moves in either direction: a caller that does not take its answer. Longer than any answer takes. */
  stalledTimeoutMs: number;
  /** For the whole of an answer to be taken: a caller that takes a byte now and then. */
  answerTimeoutMs: number;
  keepAliveTimeoutMs: number;
  checkEveryMs: number;
}

export const LIMITS: ConnectionLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 30_000,
  stalledTimeoutMs: 30_000,
  // The largest answer, a page of 500 deliveries with all their attempts, has some megabytes.
  answerTimeoutMs: 60_000,
  // Longer than the idle time of common load balancers (60 s), so that it is they who close an idle connection.
  keepAliveTimeoutMs: 75_000,
  checkEveryMs: 1_000,
};

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
export function listen(
  app: Express,
  { host, port }: { host: string; port: number },
  { limits, shares, isStopping }: { limits: ConnectionLimits; shares: ConnectionShares; isStopping(): boolean },
): Promise<Listening> {
  const handle = oneAtATime(app, {
    began: (socket) => shares.began(socket),
    ended: (socket) => shares.ended(socket),
    isLast: isStopping,
  });
  const server = createServer(
    {
      ...messageClasses(app),
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      highWaterMark: READ_AHEAD_BYTES,
    },
    handle,
  );
  server.timeout = limits.stalledTimeoutMs;
  server.on('clientError', answerBrokenCall);
  // An expectation that we do not know is no reason to refuse a call (RFC 9110, 10.1.1).
  server.on('checkExpectation', handle);
  shareConnections(server, shares);
  cutOffSlowReaders(server, limits);
  return new Promise((resolve, reject) => {
    // Not app.listen(): Express 5 hands the fault to the callback of success.
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve({ url: urlOf(server.address() as AddressInfo), close: () => close(server) });
    });
  });
}

function shareConnections(server: Server, shares: ConnectionShares): void {
  server.on('connection', (socket) => {
    if (shares.add(socket, { address: addressGroup(socket.remoteAddress) })) {
      socket.once('close', () => shares.delete(socket));
    } else socket.destroy();
  });
}

function cutOffSlowReaders(server: Server, { answerTimeoutMs, checkEveryMs }: ConnectionLimits): void {
  const readers = createSlowReaders({ withinMs: answerTimeoutMs });
  server.on('connection', (socket) => {
    readers.add(socket);
    socket.once('close', () => readers.delete(socket));
  });
  server.once('listening', () => {
    const checks = setInterval(readers.check, checkEveryMs);
    server.once('close', () => clearInterval(checks));
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

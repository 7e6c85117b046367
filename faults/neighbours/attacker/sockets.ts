import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Pipeline {
  url: string;
  path: string;
  /** Calls that are sent at once on each connection, before the first answer. */
  depth: number;
  connections: number;
  headers?: Record<string, string>;
}

export interface PipelineReport {
  answers: number;
  bytes: number;
}

const REOPEN_AFTER_MS = 100;
const ANSWER = Buffer.from('HTTP/1.1 ');

/** On each connection `depth` calls at once, again when they are answered, until `isStopped` says so. */
export async function pipeline(input: Pipeline, isStopped: () => boolean): Promise<PipelineReport> {
  const { url, depth, connections } = input;
  const { hostname, port } = new URL(url);
  const calls = callsOf(input);
  const report: PipelineReport = { answers: 0, bytes: 0 };
  const one = async () => {
    while (!isStopped()) {
      await burst({ hostname, port: Number(port), calls, depth, report, isStopped });
      await sleep(REOPEN_AFTER_MS);
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  return report;
}

function callsOf({ url, path, depth, headers = {} }: Pipeline): Buffer {
  const all = { host: new URL(url).host, ...headers };
  const fields = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${fields.join('')}\r\n`.repeat(depth));
}

interface Burst {
  hostname: string;
  port: number;
  calls: Buffer;
  depth: number;
  report: PipelineReport;
  isStopped(): boolean;
}

function burst({ hostname, port, calls, depth, report, isStopped }: Burst): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, hostname, () => socket.write(calls));
    let left = depth;
    const timer = setInterval(() => isStopped() && socket.destroy(), REOPEN_AFTER_MS);
    socket.on('data', (chunk: Buffer) => {
      report.bytes += chunk.length;
      for (let at = chunk.indexOf(ANSWER); at !== -1; at = chunk.indexOf(ANSWER, at + 1)) {
        report.answers++;
        left--;
      }
      if (left > 0 || isStopped()) return;
      left = depth;
      socket.write(calls);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

const OPEN_AT_ONCE = 100;
const OPEN_EVERY_MS = 10;
/** When no more have been accepted for so long, there are as many as there can be. */
const SETTLED_AFTER_MS = 1000;

/** Sockets that never say a word, and others for those that are closed, until `isStopped` says so. */
export async function holdSockets(
  { url, count }: { url: string; count: number },
  isStopped: () => boolean,
): Promise<{ most: number }> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const accepted = new Set<Socket>();
  const open = () => {
    for (let opened = 0; opened < OPEN_AT_ONCE && sockets.size < count; opened++) {
      const socket = connect(Number(port), hostname, () => accepted.add(socket));
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        accepted.delete(socket);
      });
    }
  };
  const opening = setInterval(() => {
    if (!isStopped()) return open();
    clearInterval(opening);
    for (const socket of sockets) socket.destroy();
  }, OPEN_EVERY_MS);
  let most = 0;
  let grewMs = performance.now();
  while (performance.now() - grewMs < SETTLED_AFTER_MS) {
    if (accepted.size > most) grewMs = performance.now();
    most = Math.max(most, accepted.size);
    await sleep(OPEN_EVERY_MS);
  }
  return { most };
}

/** On each connection `depth` calls, of whose answers nothing is read, until `isStopped` says so. */
export async function unread(input: Pipeline, isStopped: () => boolean): Promise<void> {
  const { hostname, port } = new URL(input.url);
  const calls = callsOf(input);
  const sockets = Array.from({ length: input.connections }, () => {
    const socket = connect(Number(port), hostname, () => socket.write(calls));
    socket.on('error', () => undefined);
    return socket.pause();
  });
  while (!isStopped()) await sleep(REOPEN_AFTER_MS);
  for (const socket of sockets) socket.destroy();
}

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

/** Opens sockets that never say a word, and others for those that are closed, until `isStopped` says so. @returns most at once. */
export async function silentSockets(
  { url, count }: { url: string; count: number },
  isStopped: () => boolean,
): Promise<number> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  let most = 0;
  while (!isStopped()) {
    for (let opened = 0; opened < OPEN_AT_ONCE && open.size < count; opened++) {
      const socket = connect(Number(port), hostname);
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => open.delete(socket));
    }
    most = Math.max(most, open.size);
    await sleep(10);
  }
  for (const socket of open) socket.destroy();
  return most;
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

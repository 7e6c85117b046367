import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import type { Logger } from 'pino';
import { goServerEnvironment } from '../config/childEnvironment';
import { stopProcess, waitFor } from './processes';
import { fileSizeBytes, logSince, rotateLog } from './serverFolder';
import { standBack } from './standBack';

export const STOP_GRACE_MS = 10_000;
const START_TIMEOUT_MS = 60_000;

export interface EmbeddedTemporalOptions {
  dataDir: string;
  cliPath: string;
  namespace: string;
  searchAttributes: Record<string, 'Keyword' | 'Int'>;
  extraNamespaces?: string[];
  log: Logger;
  /** Without the UI. */
  headless?: boolean;
  /** Whether it leaves the processor to others, as beside the product that it was started for. Default true. */
  standsBack?: boolean;
}

export interface TemporalPorts {
  frontend: number;
  ui: number;
  http: number;
  metrics: number;
}

export interface TemporalFiles {
  database: string;
  log: string;
  ports: string;
  process: string;
}

type StartResult = { pid: number; ports: TemporalPorts } | { failure: string };

/** One start of the dev server, up to the moment it serves every namespace. */
export async function startOnce(input: {
  files: TemporalFiles;
  options: EmbeddedTemporalOptions;
  ports: TemporalPorts;
}): Promise<StartResult> {
  const { files, options, ports } = input;
  await rotateLog(files.log);
  const logStart = await fileSizeBytes(files.log);
  const httpHost = `${randomUUID()}.invalid`;
  const child = spawnServer({ ...input, httpHost });
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`exit ${code ?? signal}`));
  });
  const { pid } = child;
  if (pid === undefined) return { failure: await exited };
  // At once, so that no kill can come between the start and the note of it.
  writeFileSync(files.process, JSON.stringify({ pid }), { mode: 0o600 });
  if (options.standsBack ?? true) standBack(pid);

  const namespaces = [options.namespace, ...(options.extraNamespaces ?? [])];
  const isServing = async () => {
    const answers = await Promise.all(
      namespaces.map((namespace) => servesNamespace({ port: ports.http, httpHost, namespace })),
    );
    return answers.every(Boolean);
  };
  const gaveUp = new AbortController();
  const outcome = await Promise.race([
    exited,
    waitFor({ condition: async () => gaveUp.signal.aborted || (await isServing()), timeoutMs: START_TIMEOUT_MS }),
  ]);
  gaveUp.abort();
  if (outcome === true) {
    child.unref();
    return { pid, ports };
  }
  if (outcome === null) await stopProcess({ pid, graceMs: STOP_GRACE_MS });
  return { failure: `${outcome ?? 'no answer'}: ${await logSince(files.log, logStart)}` };
}

/** In a process group of its own: Ctrl-C is for main, which needs Temporal until the attempts under way have ended. */
function spawnServer(input: {
  files: TemporalFiles;
  options: EmbeddedTemporalOptions;
  ports: TemporalPorts;
  httpHost: string;
}): ChildProcess {
  const { files, options, ports, httpHost } = input;
  const namespaces = [options.namespace, ...(options.extraNamespaces ?? [])];
  const args = [
    ...['server', 'start-dev', '--db-filename', files.database, '--ip', '127.0.0.1', '--log-level', 'warn'],
    ...['--port', String(ports.frontend), '--http-port', String(ports.http), '--metrics-port', String(ports.metrics)],
    // It cannot be turned off. Without a password it would take a POST from any page in a browser of this machine.
    ...['--dynamic-config-value', `frontend.httpAllowedHosts=["${httpHost}"]`],
    ...(options.headless ? ['--headless'] : ['--ui-port', String(ports.ui)]),
    // Measured: an empty workflow takes 20 ms instead of 34. What a power cut spoils, reconcile makes anew.
    ...['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=off'],
    ...namespaces.flatMap((namespace) => ['--namespace', namespace]),
    ...Object.entries(options.searchAttributes).flatMap(([name, type]) => ['--search-attribute', `${name}=${type}`]),
  ];
  const logFd = openSync(files.log, 'a', 0o600);
  try {
    return spawn(options.cliPath, args, { detached: true, env: serverEnv(), stdio: ['ignore', logFd, logFd] });
  } finally {
    closeSync(logFd);
  }
}

/**
 * The heap may grow fivefold between two collections, each of which takes both cores of a small machine for 45 ms (at 20
 * events/s, one every 4 s), until it comes near to 1 GiB.
 */
function serverEnv(): NodeJS.ProcessEnv {
  return { GOGC: '400', GOMEMLIMIT: '1GiB', ...goServerEnvironment() };
}

/**
 * Asks the dev server's own HTTP API, which answers as soon as its gRPC frontend does.
 *
 * @param input.httpHost the only `Host` that it answers: a name that nobody else knows and that resolves nowhere.
 */
function servesNamespace(input: { port: number; httpHost: string; namespace: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const path = `/api/v1/namespaces/${encodeURIComponent(input.namespace)}`;
    const { port, httpHost } = input;
    const headers = { host: httpHost };
    const request = get({ host: '127.0.0.1', port, path, headers, timeout: 2_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}

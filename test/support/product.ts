import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { testServers } from './servers';
import { temporalAddress } from './temporal';

const ROOT = join(__dirname, '..', '..');
const MAIN = 'dist/src/main.js';
/** What `npm start` runs. */
export const NPM_START = 'scripts/start.mjs';
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;

export type LogLine = Record<string, unknown> & { event?: string; msg?: string };

export interface ProductOptions {
  /** Variables of design.md; PORT is 0 unless it is given. Nothing but PATH and HOME comes from jest's own environment. */
  env?: Record<string, string>;
  /** Default: a new one below the run's folder. The same one again makes a second start. */
  dataDir?: string;
  /** Below the project's root. Default: the built program. */
  script?: string;
}

export type Product = Awaited<ReturnType<typeof startProduct>>;

/** A folder of its own below the run's, which is removed, with every process that has it in its environment, when jest ends. */
export function newDataDir(): string {
  return mkdtempSync(join(testServers().runDir, 'product-'));
}

/** The variables of a product that uses the jest run's PostgreSQL and Temporal, and may call receivers on 127.0.0.1. */
export function externalServers({ databaseUrl, namespace }: { databaseUrl: string; namespace: string }) {
  return {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress(),
    TEMPORAL_NAMESPACE: namespace,
    EGRESS_ALLOW: '127.0.0.0/8',
  };
}

/** The servers that a product with everything embedded has started below its folder. */
export function embeddedServers(dataDir: string): { pids: number[]; databaseUrl: string } {
  const postgres = join(dataDir, 'postgres');
  const temporal: { pid: number } = JSON.parse(readFileSync(join(dataDir, 'temporal', 'process.json'), 'utf8'));
  // Lines 1 and 4 of postmaster.pid are its process and its port.
  const postmaster = readFileSync(join(postgres, 'cluster', 'postmaster.pid'), 'utf8').split('\n');
  const password = readFileSync(join(postgres, 'password'), 'utf8').trim();
  return {
    pids: [temporal.pid, Number(postmaster[0])],
    databaseUrl: `postgresql://postrider:${password}@127.0.0.1:${postmaster[3]?.trim()}/postrider`,
  };
}

/**
 * Starts the built program (`dist/`) as a process of its own, and waits until it says that it has started.
 *
 * ```ts
 * const database = await createTestDatabase();
 * const product = await startProduct({ env: externalServers({ databaseUrl: database.url, namespace: takeNamespace() }) });
 * await fetch(`${product.url}/readyz`);
 * await product.stop();
 * await database.drop();
 * ```
 * @throws with what it printed, when it ends before or says nothing for a minute.
 */
export async function startProduct({ env = {}, dataDir = newDataDir(), script = MAIN }: ProductOptions = {}) {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [join(ROOT, script)], {
    env: { PATH, HOME, TEMPORAL_CLI_PATH: testServers().cliPath, PORT: '0', DATA_DIR: dataDir, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput(child);
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null }));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });

  const hasEnded = exited.then(({ code, signal }) => {
    throw new Error(`the product has ended (${signal ?? `exit code ${code}`}):\n${output.tail()}`);
  });
  // Whoever waits for a line hears of it; an end that nobody waits beside is the test's own doing.
  hasEnded.catch(() => undefined);
  const waitForLog = (matches: (line: LogLine) => boolean, { timeoutMs = 10_000 } = {}): Promise<LogLine> =>
    Promise.race([output.waitFor(matches, timeoutMs), hasEnded]);

  let started: LogLine;
  try {
    started = await waitForLog((line) => line.event === 'started', { timeoutMs: START_TIMEOUT_MS });
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }

  async function end(signal: NodeJS.Signals): Promise<Exit> {
    child.kill(signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const tooLate = () => reject(new Error(`no end ${STOP_TIMEOUT_MS} ms after ${signal}:\n${output.tail()}`));
      timer = setTimeout(tooLate, STOP_TIMEOUT_MS);
    });
    try {
      return await Promise.race([exited, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    /** Of the API, without a slash at its end; empty with ROLE=worker. */
    url: typeof started.url === 'string' ? started.url : '',
    pid: Number(child.pid),
    dataDir,
    operatorKey: env.OPERATOR_KEY ?? readFileSync(join(dataDir, 'operator.key'), 'utf8').trim(),
    /** What it has logged so far, one object a line. */
    lines: output.lines,
    /** What it has written for the person at the terminal so far. */
    stderr: output.stderr,
    /** The first line, of those already there too, that matches; rejects at the deadline and when the product ends. */
    waitForLog,
    /** As Ctrl-C, unless another signal is given; resolves with how it ended. */
    stop: (signal: NodeJS.Signals = 'SIGINT') => end(signal),
    /** No chance to put anything in order; what is embedded goes on running, as after a real kill -9. */
    kill9: () => end('SIGKILL'),
  };
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

function collectOutput(child: ChildProcess) {
  const lines: LogLine[] = [];
  const watchers = new Set<() => void>();
  let stderr = '';
  if (!child.stdout || !child.stderr) throw new Error('the product was started without pipes');
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(parseLine(text));
    for (const check of [...watchers]) check();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const tail = () =>
    `${lines
      .slice(-20)
      .map((line) => JSON.stringify(line))
      .join('\n')}\n${stderr.slice(-4_000)}`;

  function waitFor(matches: (line: LogLine) => boolean, timeoutMs: number): Promise<LogLine> {
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(deadline);
        watchers.delete(check);
      };
      const check = () => {
        const found = lines.find(matches);
        if (!found) return;
        done();
        resolve(found);
      };
      const deadline = setTimeout(() => {
        done();
        reject(new Error(`the product has not logged it within ${timeoutMs} ms:\n${tail()}`));
      }, timeoutMs);
      watchers.add(check);
      check();
    });
  }

  return { lines: lines as readonly LogLine[], stderr: () => stderr, tail, waitFor };
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text);
  } catch {
    return { msg: text };
  }
}

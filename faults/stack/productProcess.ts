import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../src/embedded/processes';
import { fileSizeBytes, logSince } from '../../src/embedded/serverFolder';
import { StatementHold } from '../proxy/statementHold';
import { TcpProxy } from '../proxy/tcpProxy';
import { inNamespace } from './resolvConf';

/** Of the present code. */
export const MAIN = join(__dirname, '..', '..', 'src', 'main.js');
const START_TIMEOUT_MS = 120_000;
const READY_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 60_000;
const STARTED_AGAIN_AFTER_MS = 1000;

/** What every process of the installation is started with. */
export interface Installation {
  runDir: string;
  operatorKey: string;
  secretsKey: string;
  postgres: { port: number; url(through?: number): string };
  temporal: { address: string; namespace: string };
}

export type ProcessRole = 'all' | 'api' | 'worker';

/** One process of the product, with links of its own to everything it talks to. */
export class ProductProcess {
  private child: ChildProcess | null = null;
  /** We end it, or have. */
  private isEnding = true;
  private startedAgain: NodeJS.Timeout | undefined;
  /** How often it has ended by itself, each in words. */
  readonly deaths: string[] = [];
  /** Variables of its next start, beyond its own. */
  extraEnv: Record<string, string> = {};
  /** The program of its next start. */
  mainFile = MAIN;
  /** It sees this file as /etc/resolv.conf, in a mount namespace of its own; null: the machine's. */
  resolvConf: string | null = null;

  private constructor(
    readonly name: string,
    readonly role: ProcessRole,
    /** Of its own HTTP server, past the proxy. */
    readonly url: string,
    readonly links: { postgres: TcpProxy; temporal: TcpProxy; front: TcpProxy },
    readonly statements: StatementHold,
    readonly logFile: string,
    private readonly env: Record<string, string>,
  ) {}

  static async create(
    { name, role, port }: { name: string; role: ProcessRole; port: number },
    { runDir, operatorKey, secretsKey, postgres, temporal }: Installation,
  ): Promise<ProductProcess> {
    const statements = new StatementHold();
    const links = {
      postgres: await TcpProxy.start({
        target: { host: '127.0.0.1', port: postgres.port },
        tap: () => statements.tap(),
      }),
      temporal: await TcpProxy.start({ target: addressOf(temporal) }),
      front: await TcpProxy.start({ target: { host: '127.0.0.1', port } }),
    };
    const dataDir = join(runDir, name);
    await mkdir(dataDir, { recursive: true });
    const { PATH = '', HOME = '' } = process.env;
    return new ProductProcess(name, role, `http://127.0.0.1:${port}`, links, statements, join(runDir, `${name}.log`), {
      PATH,
      HOME,
      ROLE: role,
      PORT: String(port),
      DATA_DIR: dataDir,
      DATABASE_URL: postgres.url(links.postgres.port),
      TEMPORAL_ADDRESS: `127.0.0.1:${links.temporal.port}`,
      TEMPORAL_NAMESPACE: temporal.namespace,
      OPERATOR_KEY: operatorKey,
      SECRETS_KEY: secretsKey,
      EGRESS_ALLOW: '127.0.0.0/8',
      RATE_LIMIT_PER_KEY: '1000000',
    });
  }

  /** null while it does not run. */
  get pid(): number | null {
    return this.isRunning ? (this.child?.pid ?? null) : null;
  }

  /** To where the servers are now: one that was started again may have another port. */
  pointLinks({ postgres, temporal }: Pick<Installation, 'postgres' | 'temporal'>): void {
    this.links.postgres.target = { host: '127.0.0.1', port: postgres.port };
    this.links.temporal.target = addressOf(temporal);
  }

  get isRunning(): boolean {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** We have ended it; one that ended by itself is started again by itself. */
  get isEnded(): boolean {
    return this.isEnding;
  }

  /** @throws with the end of its log when it does not come up. */
  async start(): Promise<void> {
    const from = await fileSizeBytes(this.logFile);
    this.isEnding = false;
    this.spawn();
    const hasStarted = async () => {
      if (this.hasStartedSince(from)) return true;
      if (!this.isRunning) {
        this.isEnding = true;
        throw new Error(`${this.name} has ended while it started:\n${await logSince(this.logFile, from)}`);
      }
      return false;
    };
    if (await waitFor({ condition: hasStarted, timeoutMs: START_TIMEOUT_MS })) return;
    throw new Error(`${this.name} did not start within ${START_TIMEOUT_MS} ms: see ${this.logFile}`);
  }

  /** Until it says itself that PostgreSQL, Temporal and its worker are there. */
  async becomesReady(): Promise<void> {
    const isReady = () =>
      fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(10_000) })
        .then(async (response) => response.ok && isWhole(await response.json()))
        .catch(() => false);
    if (await waitFor({ condition: isReady, timeoutMs: READY_TIMEOUT_MS })) return;
    throw new Error(`${this.name} is not ready after ${READY_TIMEOUT_MS} ms: see ${this.logFile}`);
  }

  async kill9(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** At once, for who cannot wait any more. */
  abandon(): void {
    this.isEnding = true;
    this.child?.kill('SIGKILL');
  }

  suspend(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** As a deploy stops it. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  async closeLinks(): Promise<void> {
    await Promise.all(Object.values(this.links).map((link) => link.stop()));
  }

  private spawn(): void {
    clearTimeout(this.startedAgain);
    const log = openSync(this.logFile, 'a');
    try {
      const [program = '', ...args] = this.command();
      this.child = spawn(program, args, {
        detached: true,
        env: { ...this.env, ...this.extraEnv },
        stdio: ['ignore', log, log],
      });
      this.child.on('error', () => undefined);
      const logBytes = fstatSync(log).size;
      this.child.once('exit', (code, signal) => this.onExit({ how: `${signal ?? `exit code ${code}`}`, logBytes }));
    } finally {
      closeSync(log);
    }
  }

  private command(): string[] {
    const command = [process.execPath, this.mainFile];
    return this.resolvConf === null ? command : inNamespace(this.resolvConf, command);
  }

  /** As a supervisor does it: what was not told to end is started again. */
  private onExit({ how, logBytes }: { how: string; logBytes: number }): void {
    if (this.isEnding) return;
    // One that finds no server at its start may say so and end.
    if (this.hasStartedSince(logBytes))
      this.deaths.push(`died: ${this.name} ended by itself with ${how}: see ${this.logFile}`);
    this.startedAgain = setTimeout(() => {
      if (!this.isEnding) this.spawn();
    }, STARTED_AGAIN_AFTER_MS);
  }

  private hasStartedSince(logBytes: number): boolean {
    return readFileSync(this.logFile).subarray(logBytes).includes('"event":"started"');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    this.isEnding = true;
    const { child } = this;
    if (!child || !this.isRunning) return;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    // One that is suspended hears nothing but SIGKILL.
    child.kill('SIGCONT');
    child.kill(signal);
    const late = sleep(STOP_TIMEOUT_MS, undefined, { ref: false }).then(() => child.kill('SIGKILL'));
    await Promise.race([exited, late]);
    await exited;
  }
}

function addressOf({ address }: { address: string }): { host: string; port: number } {
  const [host = '', port] = address.split(/:(?=\d+$)/);
  return { host, port: Number(port) };
}

/** A process of the release before says it by its status alone. */
function isWhole(readiness: unknown): boolean {
  const { degraded = [] } = readiness as { degraded?: string[] };
  return degraded.length === 0;
}

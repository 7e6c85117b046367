import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from './stack';

const ROOT = join(__dirname, '..', '..', '..');
const START = join(ROOT, 'scripts', 'start.mjs');
/** Finding the Temporal binary may take a download. */
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 120_000;

export const RATE_LIMIT_PER_KEY = 1_000_000;

/** One app of `match` has 35,000 subscriptions, and one key publishes all that there is. */
const BENCH_LIMITS = { MAX_SUBSCRIPTIONS_PER_APP: '100000', RATE_LIMIT_BYTES_PER_KEY: '1073741824' };

/** The product's variables, so that none of this shell's changes what is measured; TEMPORAL_CLI_PATH may stay. */
const OURS =
  /^(PORT|HOST|ROLE|DATA_DIR|DATABASE_URL|OPERATOR_KEY|SECRETS_KEY|EGRESS_ALLOW|MAX_\w+|RETENTION_DAYS|LOG_LEVEL|TEMPORAL_(?!CLI_PATH).*)$/;

/**
 * `npm start` as it is shipped, in one process on free ports, with PostgreSQL and Temporal as it embeds them. Its data
 * lies beside the default DATA_DIR, on the same disk (of a /tmp in memory a commit would cost nothing).
 *
 * @throws with the end of its log when it does not come up.
 */
export async function startOwnStack({
  profileDir,
  rateLimitPerKey = RATE_LIMIT_PER_KEY,
}: {
  profileDir: string | null;
  rateLimitPerKey?: number;
}): Promise<Stack> {
  await mkdir(join(ROOT, '.cache'), { recursive: true });
  const dataDir = await mkdtemp(join(ROOT, '.cache', 'bench-'));
  // As root, PostgreSQL runs as another user, who must be able to enter it.
  await chmod(dataDir, 0o755);
  const logFile = join(dataDir, 'product.log');
  const product = spawnProduct({ dataDir, logFile, profileDir, rateLimitPerKey });
  const stop = async () => {
    await stopProduct(product);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const url = await startedUrl({ product, logFile });
    const read = (...path: string[]) => readFile(join(dataDir, ...path), 'utf8');
    const { frontend, metrics } = JSON.parse(await read('temporal', 'ports.json'));
    return {
      url,
      operatorKey: (await read('operator.key')).trim(),
      temporal: { address: `127.0.0.1:${frontend}`, namespace: 'default' },
      temporalMetrics: { url: `http://127.0.0.1:${metrics}/metrics`, namespace: 'default' },
      pids: process.platform === 'linux' ? await pidsOf({ product, read }) : null,
      stop,
    };
  } catch (error) {
    const log = await readFile(logFile, 'utf8').catch(() => '');
    await stop();
    throw new Error(
      `the product did not come up: ${error instanceof Error ? error.message : error}\n${log.slice(-4000)}`,
    );
  }
}

/** In a process group of its own: Ctrl-C is for the bench, which stops it in order. */
function spawnProduct(input: {
  dataDir: string;
  logFile: string;
  profileDir: string | null;
  rateLimitPerKey: number;
}): ChildProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)));
  const log = openSync(input.logFile, 'a');
  const profile = input.profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${input.profileDir}`];
  try {
    return spawn(process.execPath, ['--max-semi-space-size=64', ...profile, START], {
      cwd: ROOT,
      detached: true,
      env: {
        ...env,
        ...BENCH_LIMITS,
        DATA_DIR: input.dataDir,
        PORT: '0',
        RATE_LIMIT_PER_KEY: String(input.rateLimitPerKey),
      },
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

async function startedUrl({ product, logFile }: { product: ChildProcess; logFile: string }): Promise<string> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    if (hasEnded(product)) throw new Error(`it ended with ${product.signalCode ?? product.exitCode}`);
    const url = /"event":"started".*"url":"([^"]+)"/.exec(await readFile(logFile, 'utf8'))?.[1];
    if (url && (await isReady(url))) return url;
    await sleep(100);
  }
  throw new Error(`it was not ready within ${START_TIMEOUT_MS} ms`);
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`)
    .then(async (response) => {
      const { degraded } = (await response.json()) as { degraded: string[] };
      return response.ok && degraded.length === 0;
    })
    .catch(() => false);
}

async function pidsOf(input: { product: ChildProcess; read(...path: string[]): Promise<string> }) {
  const [postmaster] = (await input.read('postgres', 'cluster', 'postmaster.pid')).split('\n');
  const { pid } = JSON.parse(await input.read('temporal', 'process.json'));
  return { ours: input.product.pid ?? 0, postgres: Number(postmaster), temporal: Number(pid) };
}

async function stopProduct(product: ChildProcess): Promise<void> {
  if (hasEnded(product)) return;
  const exited = new Promise((resolve) => product.once('exit', resolve));
  product.kill('SIGTERM');
  const timer = setTimeout(() => product.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}

function hasEnded(product: ChildProcess): boolean {
  return product.exitCode !== null || product.signalCode !== null;
}

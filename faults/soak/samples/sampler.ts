import { cpus } from 'node:os';
import type { Stack } from '../../stack/stack';
import { within } from '../../within';
import {
  BUSY_CORES,
  CONNECTIONS,
  namesOf,
  OPEN_WORKFLOWS,
  PENDING,
  POSTGRES_MEMORY,
  type Sample,
  TEMPORAL_MEMORY,
  type Values,
} from './figures';
import { readMetrics } from './metrics';
import { readProcess, readSharedMemoryMib } from './procFigures';

const SAMPLE_EVERY_MS = 5000;
/** A sample takes what it gets in this time. */
const READ_WITHIN_MS = 4000;

/** Reads every figure every five seconds, until it is stopped. */
export function startSampler(stack: Stack): { readonly samples: readonly Sample[]; stop(): void } {
  const samples: Sample[] = [];
  const startMs = performance.now();
  const readBusyCores = watchCores();
  const take = async () => {
    const atMs = Math.round(performance.now() - startMs);
    const busyCores = readBusyCores();
    samples.push({ atMs, values: { ...(await readStack(stack)), [BUSY_CORES]: busyCores } });
  };
  const timer = setInterval(() => void take(), SAMPLE_EVERY_MS);
  return { samples, stop: () => clearInterval(timer) };
}

async function readStack(stack: Stack): Promise<Values> {
  const { postgres, temporal, processes } = stack;
  const ofServers = await Promise.all([
    read(OPEN_WORKFLOWS, () => countOpenWorkflows(stack)),
    read(PENDING, () => count(stack, "SELECT count(*) FROM deliveries WHERE state = 'pending'")),
    read(CONNECTIONS, () => count(stack, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'postrider'")),
    read(POSTGRES_MEMORY, async () => readSharedMemoryMib(await postgres.pids())),
    read(TEMPORAL_MEMORY, async () => {
      const pid = await temporal.own?.readPid();
      return pid === undefined ? null : (readProcess(pid)?.memoryMib ?? null);
    }),
    ...processes.map(readProduct),
  ]);
  return Object.assign({}, ...ofServers);
}

async function readProduct({ name, pid, url }: Stack['processes'][number]): Promise<Values> {
  const names = namesOf(name);
  const own = await readMetrics(url);
  const held = pid === null ? null : readProcess(pid);
  return {
    [names.memory]: held?.memoryMib ?? null,
    [names.heap]: own?.heapMib ?? null,
    [names.openFiles]: held?.openFiles ?? null,
    [names.sockets]: held?.sockets ?? null,
    [names.resources]: own?.resources ?? null,
  };
}

/** A server that is away has no figures. */
async function read(name: string, ask: () => Promise<number | null>): Promise<Values> {
  const value = await within(READ_WITHIN_MS, ask(), name).catch(() => null);
  return { [name]: value };
}

async function count({ postgres }: Stack, sql: string): Promise<number> {
  const [row] = await postgres.query<{ count: string }>(sql);
  return Number(row?.count);
}

function countOpenWorkflows({ temporal }: Stack): Promise<number> {
  return temporal.use(async ({ workflow }) => (await workflow.count("ExecutionStatus = 'Running'")).count);
}

/** @returns what tells how many cores were busy since it was last asked, with whatever this machine was busy with. */
function watchCores(): () => number {
  const readMs = () => {
    const times = cpus().map(({ times: { idle, ...busy } }) => Object.values(busy).reduce((sum, ms) => sum + ms, 0));
    return { busyMs: times.reduce((sum, ms) => sum + ms, 0), atMs: performance.now() };
  };
  let before = readMs();
  return () => {
    const now = readMs();
    const busyCores = (now.busyMs - before.busyMs) / (now.atMs - before.atMs);
    before = now;
    return busyCores;
  };
}

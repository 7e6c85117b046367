import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { createLog } from '../../src/config/log';
import { choosePort } from '../../src/embedded/ports';
import { TcpProxy } from '../proxy/tcpProxy';
import { PostgresServer } from './postgresServer';
import { type Installation, MAIN, type ProcessRole, ProductProcess } from './productProcess';
import { writeResolvConf } from './resolvConf';
import { mountDisk, type SmallDisk } from './smallDisk';
import { startTemporal, type TemporalServer } from './temporalServer';

/**
 * Which processes an installation has. `split`: two APIs and two workers, with a link to everything. `one` and `two`: as many
 * processes that do everything, straight at their servers and with the shipped rate limit: what neighbours do to each other
 * is measured there, and a link would cost time of its own. `workers`: one API and four workers, with links.
 */
export type Form = 'split' | 'one' | 'two' | 'workers';

const PROCESSES: Record<Form, readonly (readonly [name: string, role: ProcessRole])[]> = {
  split: [
    ['api-1', 'api'],
    ['api-2', 'api'],
    ['worker-1', 'worker'],
    ['worker-2', 'worker'],
  ],
  workers: [
    ['api-1', 'api'],
    ['worker-1', 'worker'],
    ['worker-2', 'worker'],
    ['worker-3', 'worker'],
    ['worker-4', 'worker'],
  ],
  one: [['all-1', 'all']],
  two: [
    ['all-1', 'all'],
    ['all-2', 'all'],
  ],
};

/** RATE_LIMIT_PER_KEY as it is shipped. */
const SHIPPED_RATE_LIMIT = '2000';

/** An installation to be hurt: its processes on one PostgreSQL and one Temporal. */
export interface Stack {
  runDir: string;
  form: Form;
  postgres: PostgresServer;
  temporal: TemporalServer;
  apis: ProductProcess[];
  workers: ProductProcess[];
  /** Each once. */
  processes: ProductProcess[];
  /** From the workers to the receiver. */
  callbacks: TcpProxy;
  /** null: PostgreSQL's data lies on the machine's own. */
  disk: SmallDisk | null;
  operatorKey: string;
  /** Heals every link, resumes and starts whatever does not run, the servers too, and waits until each process is ready. */
  restore(): Promise<void>;
  stop(): Promise<void>;
}

export interface StackOptions {
  runDir: string;
  receiverPort: number;
  /** PostgreSQL's data lies on a disk of its own, in memory, of this size. */
  diskMib?: number;
  /** The program that its processes run at first. Default: of the present code. */
  mainFile?: string;
  /** Default: split. */
  form?: Form;
  /** Names are asked of this server, at port 53, instead of the machine's. */
  nameServer?: string;
}

/** Below those that connections are made from, one of which could have it when its process is started again. */
const PORTS = [20_000, 32_000] as const;

/** @throws NotRun where such a disk cannot be mounted, or a name server not be given. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { runDir, receiverPort, diskMib, mainFile = MAIN, form = 'split', nameServer } = options;
  const resolvConf = nameServer === undefined ? null : await writeResolvConf({ dir: runDir, nameServer });
  const log = createLog({ level: 'silent' });
  const disk = diskMib === undefined ? null : await mountDisk({ dir: join(runDir, 'disk'), sizeMib: diskMib });
  const postgres = await PostgresServer.start({ dataDir: disk?.dir ?? runDir, log });
  const temporal = await startTemporal({ dataDir: runDir, log });
  const installation: Installation = {
    runDir,
    operatorKey: `pr_operator_${randomBytes(32).toString('hex')}`,
    secretsKey: randomBytes(32).toString('base64'),
    postgres,
    temporal,
  };
  const processes: ProductProcess[] = [];
  for (const [name, role] of PROCESSES[form]) {
    const port = await choosePort(randomInt(...PORTS));
    const one = await ProductProcess.create({ name, role, port }, installation);
    one.mainFile = mainFile;
    one.resolvConf = resolvConf;
    processes.push(one);
  }
  const apis = processes.filter(({ role }) => role !== 'worker');
  const workers = processes.filter(({ role }) => role !== 'api');
  const callbacks = await TcpProxy.start({ target: { host: '127.0.0.1', port: receiverPort } });

  async function restore(): Promise<void> {
    await Promise.all([postgres.restore(), temporal.own?.restore()]);
    callbacks.heal();
    for (const one of processes) {
      for (const link of Object.values(one.links)) link.heal();
      one.pointLinks(installation);
      if (form !== 'split') one.extraEnv = straightTo(installation);
      one.statements.disarm();
      one.resume();
    }
    await Promise.all(processes.filter(({ isEnded }) => isEnded).map((one) => one.start()));
    await Promise.all(processes.map((one) => one.becomesReady()));
  }

  async function stop(): Promise<void> {
    await Promise.all([postgres.restore(), temporal.own?.restore()]);
    await Promise.all(processes.map((one) => one.stop()));
    await Promise.all([...processes.map((one) => one.closeLinks()), callbacks.stop()]);
    await temporal.stop();
    await postgres.stop();
    await disk?.unmount();
  }

  try {
    await restore();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    runDir,
    form,
    postgres,
    temporal,
    apis,
    workers,
    processes,
    callbacks,
    disk,
    operatorKey: installation.operatorKey,
    restore,
    stop,
  };
}

function straightTo({ postgres, temporal }: Installation): Record<string, string> {
  return {
    DATABASE_URL: postgres.url(),
    TEMPORAL_ADDRESS: temporal.address,
    RATE_LIMIT_PER_KEY: SHIPPED_RATE_LIMIT,
  };
}

import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import { createLog } from '../../src/config/log';
import { choosePort } from '../../src/embedded/ports';
import { TcpProxy } from '../proxy/tcpProxy';
import { PostgresServer } from './postgresServer';
import { type Installation, MAIN, ProductProcess } from './productProcess';
import { mountDisk, type SmallDisk } from './smallDisk';
import { startTemporal, type TemporalServer } from './temporalServer';

/** An installation to be hurt: two API processes and two workers on one PostgreSQL and one Temporal. */
export interface Stack {
  runDir: string;
  postgres: PostgresServer;
  temporal: TemporalServer;
  apis: ProductProcess[];
  workers: ProductProcess[];
  /** Both kinds. */
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
}

/** Below those that connections are made from, one of which could have it when its process is started again. */
const PORTS = [20_000, 32_000] as const;

/** @throws NotRun where such a disk cannot be mounted. */
export async function startStack({ runDir, receiverPort, diskMib, mainFile = MAIN }: StackOptions): Promise<Stack> {
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
  const create = async (name: string, role: 'api' | 'worker') =>
    ProductProcess.create({ name, role, port: await choosePort(randomInt(...PORTS)) }, installation);
  const apis = [await create('api-1', 'api'), await create('api-2', 'api')];
  const workers = [await create('worker-1', 'worker'), await create('worker-2', 'worker')];
  const processes = [...apis, ...workers];
  for (const one of processes) one.mainFile = mainFile;
  const callbacks = await TcpProxy.start({ target: { host: '127.0.0.1', port: receiverPort } });

  async function restore(): Promise<void> {
    await Promise.all([postgres.restore(), temporal.own?.restore()]);
    callbacks.heal();
    for (const one of processes) {
      for (const link of Object.values(one.links)) link.heal();
      one.pointLinks(installation);
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

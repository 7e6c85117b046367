import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { keepRunning, type Watch } from './keepRunning';
import { listeningPorts } from './listeningPorts';
import { choosePort, LOOPBACK } from './ports';
import { describeProcess, stopProcess } from './processes';
import { claimServerFolder, readJson, type ServerFolder, writeJson } from './serverFolder';
import {
  type EmbeddedTemporalOptions,
  STOP_GRACE_MS,
  startOnce,
  type TemporalFiles,
  type TemporalPorts,
} from './temporalProcess';

/** SQLite's codes for a file whose content is wrong; a full disk or a missing right is not among them. */
const SPOILED_DATABASE = /file is not a database|disk image is malformed|SQL logic error/;

export interface EmbeddedTemporal {
  /** Host and port of the gRPC frontend. */
  address: string;
  uiUrl: string | null;
  /** Every port at which it can be reached now, those between its own parts too. */
  endpoints(): Promise<{ host: string; port: number }[]>;
  /** From now on it is started again when it dies, on the same ports. */
  keepRunning(): void;
  stop(): Promise<void>;
}

/**
 * Starts a Temporal dev server on `<dataDir>/temporal`, on 127.0.0.1 only, and waits until it serves every namespace.
 * A server that a killed process left running there is stopped first, since it may have other namespaces and search
 * attributes; a database file that does not open is set aside, and a new one started.
 * @throws with the end of the server's log when it does not come up.
 */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const folder = await claimServerFolder(join(options.dataDir, 'temporal'));
  try {
    const files = filesIn(folder);
    await stopLeftover({ files, log: options.log });
    const { pid: firstPid, ports } = await startOnSoundFile({ files, options });
    let pid = firstPid;
    let stopping: Promise<void> | null = null;
    let watch: Watch | null = null;
    return {
      address: `${LOOPBACK}:${ports.frontend}`,
      uiUrl: options.headless ? null : `http://${LOOPBACK}:${ports.ui}`,
      async endpoints() {
        const all = new Set([...Object.values(ports), ...(await listeningPorts(pid))]);
        return [...all].map((port) => ({ host: LOOPBACK, port }));
      },
      keepRunning() {
        watch ??= keepRunning({
          name: 'Temporal',
          isRunning: async () => (await describeProcess(pid)) !== null,
          async restart() {
            ({ pid } = await startOnSoundFile({ files, options, only: ports }));
          },
          log: options.log,
        });
      },
      stop() {
        const stop = async () => {
          await watch?.stop();
          await stopProcess({ pid, graceMs: STOP_GRACE_MS });
        };
        stopping ??= stop().finally(() => folder.release());
        return stopping;
      },
    };
  } catch (error) {
    folder.release();
    throw error;
  }
}

function filesIn(folder: ServerFolder): TemporalFiles {
  return {
    database: join(folder.path, 'temporal.db'),
    log: join(folder.path, 'server.log'),
    ports: join(folder.path, 'ports.json'),
    process: join(folder.path, 'process.json'),
  };
}

async function stopLeftover(input: { files: TemporalFiles; log: Logger }): Promise<void> {
  const known = await readJson<{ pid: number }>(input.files.process);
  if (!known) return;
  const leftover = await describeProcess(known.pid);
  if (!leftover?.commandLine.includes(`--db-filename ${input.files.database}`)) return;
  input.log.info({ serverPid: known.pid }, 'embedded Temporal is still running from an earlier start: restarting it');
  await stopProcess({ pid: known.pid, graceMs: STOP_GRACE_MS });
}

async function startOnSoundFile(input: {
  files: TemporalFiles;
  options: EmbeddedTemporalOptions;
  /** The ports that it must have. Default: those it had, where they are free. */
  only?: TemporalPorts;
}): Promise<{ pid: number; ports: TemporalPorts }> {
  let ports = input.only ?? (await choosePorts(await readJson<TemporalPorts>(input.files.ports)));
  let failure = '';
  // A second try for a file set aside, and another for a port that somebody took in between.
  for (let attempt = 1; attempt <= 3; attempt++) {
    const result = await startOnce({ ...input, ports });
    if ('pid' in result) {
      await writeJson(input.files.ports, ports);
      return result;
    }
    failure = result.failure;
    if (SPOILED_DATABASE.test(failure)) await setAside({ ...input, failure });
    else if (/address already in use/.test(failure)) ports = input.only ?? (await choosePorts(null));
    else break;
  }
  throw new Error(`the embedded Temporal does not start: ${failure || 'no answer'} (log: ${input.files.log})`);
}

async function choosePorts(known: TemporalPorts | null): Promise<TemporalPorts> {
  const ports: TemporalPorts = { frontend: 0, ui: 0, http: 0, metrics: 0 };
  for (const name of ['frontend', 'ui', 'http', 'metrics'] as const) {
    const taken = Object.values(ports);
    const preferred = known && !taken.includes(known[name]) ? known[name] : undefined;
    do {
      ports[name] = await choosePort(preferred);
    } while (taken.includes(ports[name]));
  }
  return ports;
}

async function setAside(input: {
  files: TemporalFiles;
  options: EmbeddedTemporalOptions;
  failure: string;
}): Promise<void> {
  const { database } = input.files;
  const suffix = `.spoiled-${new Date().toISOString().replaceAll(':', '-')}`;
  for (const part of ['', '-wal', '-shm']) {
    await rename(`${database}${part}`, `${database}${suffix}${part}`).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  input.options.log.warn(
    { keptAs: `${database}${suffix}`, reason: input.failure },
    "the embedded Temporal's database file was spoiled and is set aside; a new one is filled from PostgreSQL",
  );
}

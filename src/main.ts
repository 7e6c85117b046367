import { setFlagsFromString } from 'node:v8';
import { Runtime } from '@temporalio/worker';
import { type Config, loadConfig } from './config/config';
import { createLog } from './config/log';
import { start } from './start';
import { migrateOnly } from './start/schema';
import { Stopper } from './start/stopper';
import { createTemporalLogger } from './temporal/logger';

/**
 * After a rest V8 lets the heap grow by little before it collects all of it again, so the next burst would pay for five to
 * eight full collections. By 300 % is the most that V8 itself comes to (docs/decisions/0006-what-a-workflow-costs.md).
 */
const HEAP_GROWTH = '--heap-growing-percent=300';

async function main(): Promise<void> {
  setFlagsFromString(HEAP_GROWTH);
  const config = readConfig();
  const log = createLog({ level: config.logLevel });
  const stopper = new Stopper({ graceMs: config.shutdownGraceMs });

  // The Temporal runtime would take these signals for itself and leave the process standing: the order is ours.
  Runtime.install({ shutdownSignals: [], logger: createTemporalLogger(log) });
  let stopping: Promise<boolean> | undefined;
  const stop = (why: string) => {
    log.info({ event: 'stopping', why });
    // Only SIGTERM comes from an orchestrator with a load balancer in front of us.
    stopping ??= stopper.stopAll(log, { drainMs: why === 'SIGTERM' ? config.drainMs : 0 });
    return stopping;
  };
  // SIGHUP: the terminal was closed.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Asked twice: at once. Embedded servers that are left standing are found by the next start.
      if (stopping) process.exit(1);
      void stop(signal).then((isClean) => process.exit(isClean ? 0 : 1));
    });
  }

  try {
    if (config.migrate === 'only') {
      await migrateOnly(config, { log, stopper });
      if (!stopping) process.exit((await stop('migrated')) ? 0 : 1);
    } else {
      await start(config, { log, stopper });
    }
  } catch (error) {
    // What was being started when somebody said stop is no fault.
    if (stopping) return;
    log.fatal({ event: 'start.failed', err: error });
    process.stderr.write(`\nPostrider could not start: ${messageOf(error)}\n`);
    await stop('start failed');
    process.exit(1);
  }
}

/** `node dist/src/main.js migrate` means what MIGRATE=only does. */
function readConfig(): Config {
  const [command, ...more] = process.argv.slice(2);
  if (more.length > 0 || (command !== undefined && command !== 'migrate')) {
    process.stderr.write(`${[command, ...more].join(' ')}: the only command is migrate\n`);
    return process.exit(2);
  }
  try {
    const config = loadConfig();
    return command === 'migrate' ? { ...config, migrate: 'only' } : config;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return process.exit(2);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

void main();

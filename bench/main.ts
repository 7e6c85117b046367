import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BareTemporalHandlers } from './children/bareTemporal';
import type { DriverHandlers } from './children/driver';
import type { ReceiverHandlers } from './children/receiver';
import { type Child, startChild } from './children/rpc';
import { readOptions } from './commandLine';
import { measure } from './measure';
import { type Options, parseOptions, USAGE } from './options';
import { describeMachine } from './report/machine';
import { notesOf } from './report/notes';
import { rowsOf } from './report/rows';
import { renderTable } from './report/table';
import { sumOfFaults } from './results';
import { FLOOD_RATE_LIMIT, type FloodFigures, flood } from './scenarios/flood';
import type { Bench } from './scenarios/run';
import { createApi } from './stack/api';
import { startOwnStack } from './stack/ownStack';
import type { Stack } from './stack/stack';

/** Per run, beyond what a slow machine takes, so that nothing is left running for ever. */
const MAX_RUN_MS = 10 * 60_000;

/** What has been started and is to be stopped, the last first. */
const stops: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;

function stopAll(): Promise<void> {
  stopping ??= (async () => {
    for (const stop of stops.reverse()) await stop().catch((error: unknown) => say(`could not stop: ${error}`));
  })();
  return stopping;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function run(options: Options): Promise<void> {
  const machine = await describeMachine();
  const stack = await openStack(options);
  stops.push(stack.stop);
  const driver = start<DriverHandlers>('driver');
  const secondDriver = start<DriverHandlers>('driver');
  const receiver = start<ReceiverHandlers>('receiver');
  const { url: receiverUrl } = await receiver.call('start');
  const temporal = stack.temporal ? await connectTemporal(stack.temporal) : null;
  const { pids, temporalMetrics } = stack;
  const bench = { api: await createApi(stack), pids, temporalMetrics, driver, secondDriver, receiver, receiverUrl };

  const results = await measure({ bench, temporal, options, onProgress: say });
  if (options.only.includes('flood') && !options.running) {
    // It is connected to what goes now.
    await temporal?.stop();
    await stack.stop();
    results.flood.push(...(await measureFlood(bench, options)));
  }
  const rows = rowsOf(results);
  const notes = notesOf({ rows, results, options, stack });
  await writeFile(options.jsonFile, `${JSON.stringify({ machine, notes, rows, results }, null, 2)}\n`);
  console.log(`\n${renderTable(rows)}\n\n${notes.join('\n')}\n\nEverything measured: ${options.jsonFile}`);
  if (Object.values(sumOfFaults(results)).some((count) => count > 0)) process.exitCode = 1;
}

function openStack({ running, profileDir }: Options): Promise<Stack> {
  if (running) return Promise.resolve({ ...running, stop: async () => {} });
  say('starting a Postrider of its own');
  return startOwnStack({ profileDir });
}

/** On a Postrider of its own, whose limit its calls exceed. */
async function measureFlood(bench: Bench, { profileDir }: Options): Promise<FloodFigures[]> {
  say('once: flood');
  const stack = await startOwnStack({ profileDir, rateLimitPerKey: FLOOD_RATE_LIMIT });
  stops.push(stack.stop);
  return flood({ ...bench, api: await createApi(stack), pids: stack.pids });
}

function start<H extends Record<keyof H, (...input: never) => unknown>>(name: string): Child<H> {
  const child = startChild<H>(join(__dirname, 'children', `${name}.js`));
  stops.push(child.stop);
  return child;
}

async function connectTemporal(target: { address: string; namespace: string }): Promise<Child<BareTemporalHandlers>> {
  const child = start<BareTemporalHandlers>('bareTemporal');
  await child.call('connect', target);
  return child;
}

async function main(): Promise<void> {
  const options = readOptions({ parse: parseOptions, usage: USAGE });
  if (!options) return;
  const giveUp = (why: string) => {
    say(`${why}: stopping`);
    void stopAll().then(() => process.exit(1));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => giveUp(signal));
  const deadline = setTimeout(() => giveUp('out of time'), (options.runs + 1) * MAX_RUN_MS);
  try {
    await run(options);
  } catch (error) {
    // What is under way fails when everything is being stopped.
    if (!stopping) say(`${error instanceof Error ? error.stack : error}`);
    process.exitCode = 1;
  } finally {
    clearTimeout(deadline);
    await stopAll();
  }
}

void main();

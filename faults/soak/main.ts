import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Receiver } from '../driver/receiver';
import { type CaseResult, isFailed, lineOf } from '../report';
import { runCase } from '../runCase';
import { CACHE_DIR, makeDir, makeRunDir } from '../runDir';
import { type Stack, startStack } from '../stack/stack';
import { type Options, parseOptions, USAGE } from './options';
import { toCsv } from './samples/csv';
import { createSoak, type Soaked } from './soakCase';
import { tableOf } from './table';

const MS_PER_MINUTE = 60_000;
const SHOWN_VIOLATIONS = 20;

let stack: Stack | undefined;
let stopping: Promise<void> | undefined;

function stopAll(): Promise<void> {
  stopping ??= stack?.stop().catch((error: unknown) => say(`could not stop: ${error}`)) ?? Promise.resolve();
  return stopping;
}

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

async function run({ minutes, rate, seed, keep }: Options): Promise<void> {
  const lengthMs = minutes * MS_PER_MINUTE;
  const runDir = await makeRunDir('soak');
  const receiver = await Receiver.start();
  say('starting PostgreSQL, Temporal, two APIs and two workers');
  stack = await startStack({ runDir: await makeDir(join(runDir, 'stack')), receiverPort: receiver.port });
  console.log(
    `seed ${seed}; ${minutes} minutes, ${rate} events/s; ${stack.temporal.description}; PostgreSQL of its own`,
  );
  const samplesFile = join(CACHE_DIR, `soak-${seed}.csv`);
  let soaked: Soaked | undefined;
  const soak = createSoak({
    lengthMs,
    onHealed: (what) => say(`${what}, healed`),
    async onSoaked(result) {
      soaked = result;
      await writeFile(samplesFile, toCsv(result.figures, result.samples));
      say('the load has ended; waiting until all is quiet');
    },
  });
  const result = await runCase(soak, { stack, oldBuild: null, receiver, runDir, seed, rate, short: false });
  await stopAll();
  await receiver.stop();
  if (soaked) console.log(`\n${tableOf(soaked.rows, { lengthMs })}\n`);
  print(result);
  console.log(`samples: ${samplesFile}`);
  if (isFailed(result)) process.exitCode = 1;
  if (isFailed(result) || keep) console.log(`journal: ${join(runDir, 'soak')}, logs: ${join(runDir, 'stack')}/*.log`);
  else await rm(runDir, { recursive: true, force: true });
}

function print(result: CaseResult): void {
  console.log(lineOf(result));
  if (result.kind !== 'judged') return;
  const { violations } = result.verdict;
  for (const violation of violations.slice(0, SHOWN_VIOLATIONS)) console.log(`    ${violation}`);
  if (violations.length > SHOWN_VIOLATIONS) console.log(`    and ${violations.length - SHOWN_VIOLATIONS} more`);
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(USAGE);
    return;
  }
  let options: Options;
  try {
    options = parseOptions(args);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  // What was being started while everything was being stopped must not outlive us.
  process.on('exit', () => {
    for (const one of stack?.processes ?? []) one.abandon();
  });
  const stopFor = (why: string) => {
    // What is under way fails when everything is being stopped.
    if (stopping) return;
    say(`${why}: stopping`);
    void stopAll().then(() => process.exit(1));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopFor(signal));
  process.on('unhandledRejection', (error) => stopFor(`${error instanceof Error ? error.stack : error}`));
  try {
    await run(options);
  } catch (error) {
    if (!stopping) say(`${error instanceof Error ? error.stack : error}`);
    process.exitCode = 1;
    await stopAll();
  }
  process.exit();
}

void main();

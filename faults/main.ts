import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CASES } from './cases';
import { Receiver } from './driver/receiver';
import { type FaultCase, NotRun } from './lab';
import { type Options, parseOptions, USAGE } from './options';
import { type CaseResult, isFailed, lineOf, summaryOf } from './report';
import { runCase } from './runCase';
import { makeDir, makeRunDir } from './runDir';
import { buildOld } from './stack/oldBuild';
import { type Stack, type StackOptions, startStack } from './stack/stack';

const SHOWN_VIOLATIONS = 10;

/** The installation, in order; another one where the case wants another disk, or to begin with another program. */
async function stackFor({ runDir, receiverPort, diskMib, mainFile }: StackOptions): Promise<Stack> {
  if ((stack?.disk?.sizeMib ?? 0) !== (diskMib ?? 0) || mainFile !== undefined) await stopStack();
  if (stack) {
    await stack.restore();
    return stack;
  }
  say('starting PostgreSQL, Temporal, two APIs and two workers');
  // A folder for each: a product's data directory belongs to one database.
  stackNumber++;
  const stackDir = await makeDir(join(runDir, `stack-${stackNumber}`));
  stack = await startStack({ runDir: stackDir, receiverPort, diskMib, mainFile });
  return stack;
}

/** The next case gets another one. */
async function stopStack(): Promise<void> {
  await stack?.stop();
  stack = undefined;
}

let stackNumber = 0;
let stopping: Promise<void> | undefined;
let stack: Stack | undefined;

function stopAll(): Promise<void> {
  stopping ??= stack?.stop().catch((error: unknown) => say(`could not stop: ${error}`)) ?? Promise.resolve();
  return stopping;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function run({ only, short, seed, rate, keep, old }: Options): Promise<void> {
  const runDir = await makeRunDir('faults');
  const receiver = await Receiver.start();
  const chosen = CASES.filter(({ name, isLong }) => (only.length > 0 ? only.includes(name) : !(short && isLong)));
  const results: CaseResult[] = [];
  const runOne = async (faultCase: FaultCase): Promise<CaseResult> => {
    const { name, diskMib, startsFromOldBuild } = faultCase;
    try {
      const oldBuild = startsFromOldBuild ? await buildOld({ dir: join(runDir, 'old'), old }) : null;
      const mainFile = oldBuild?.mainFile;
      const running = await stackFor({ runDir, receiverPort: receiver.port, diskMib, mainFile });
      if (results.length === 0) console.log(`seed ${seed}; ${running.temporal.description}; PostgreSQL of its own`);
      const result = await runCase(faultCase, { stack: running, oldBuild, receiver, runDir, seed, rate, short });
      // What it left behind, old code or thousands of deliveries, is not the next one's.
      if (isFailed(result)) await stopStack();
      return result;
    } catch (error) {
      if (error instanceof NotRun) return { name, kind: 'notRun', why: error.message };
      throw error;
    }
  };
  for (const faultCase of chosen) {
    const result = await runOne(faultCase);
    results.push(result);
    console.log(lineOf(result));
    if (result.kind !== 'judged' || !isFailed(result)) continue;
    const { violations } = result.verdict;
    for (const violation of violations.slice(0, SHOWN_VIOLATIONS)) console.log(`    ${violation}`);
    if (violations.length > SHOWN_VIOLATIONS) console.log(`    and ${violations.length - SHOWN_VIOLATIONS} more`);
    console.log(`    journal: ${join(runDir, faultCase.name)}, logs: ${runDir}/stack-${stackNumber}/*.log`);
  }
  console.log(summaryOf(results));
  await stopAll();
  await receiver.stop();
  if (results.some(isFailed)) process.exitCode = 1;
  else if (keep) console.log(`journals and logs: ${runDir}`);
  else await rm(runDir, { recursive: true, force: true });
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
    say(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  // What was being started while everything was being stopped must not outlive us.
  process.on('exit', () => {
    for (const one of stack?.processes ?? []) one.abandon();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      say(`${signal}: stopping`);
      void stopAll().then(() => process.exit(1));
    });
  }
  try {
    await run(options);
  } catch (error) {
    // What is under way fails when everything is being stopped.
    if (!stopping) say(`${error instanceof Error ? error.stack : error}`);
    process.exitCode = 1;
    await stopAll();
  }
  process.exit();
}

void main();

import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CASES } from './cases';
import { Receiver } from './driver/receiver';
import { type FaultCase, NotRun } from './lab';
import { type Options, parseOptions, USAGE } from './options';
import { type CaseResult, isFailed, lineOf, summaryOf } from './report';
import { runCase } from './runCase';
import { type Stack, type StackOptions, startStack } from './stack/stack';

const ROOT = join(__dirname, '..', '..');
const SHOWN_VIOLATIONS = 10;

/** The installation, in order; another one where the case wants another disk. */
async function stackFor({ runDir, receiverPort, diskMib }: StackOptions): Promise<Stack> {
  if (stack && (stack.disk?.sizeMib ?? 0) !== (diskMib ?? 0)) {
    await stack.stop();
    stack = undefined;
  }
  if (stack) {
    await stack.restore();
    return stack;
  }
  say('starting PostgreSQL, Temporal, two APIs and two workers');
  // A folder for each: a product's data directory belongs to one database.
  stackNumber++;
  stack = await startStack({ runDir: await makeDir(join(runDir, `stack-${stackNumber}`)), receiverPort, diskMib });
  return stack;
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

/** Beside the default DATA_DIR, on the same disk. As root PostgreSQL runs as another user, who must be able to enter it. */
async function makeRunDir(): Promise<string> {
  await mkdir(join(ROOT, '.cache'), { recursive: true });
  const runDir = await mkdtemp(join(ROOT, '.cache', 'faults-'));
  return makeDir(runDir);
}

async function makeDir(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
  return path;
}

async function run({ only, short, seed, rate, keep }: Options): Promise<void> {
  const runDir = await makeRunDir();
  const receiver = await Receiver.start();
  const chosen = CASES.filter(({ name, isLong }) => (only.length > 0 ? only.includes(name) : !(short && isLong)));
  const results: CaseResult[] = [];
  const runOne = async (faultCase: FaultCase): Promise<CaseResult> => {
    const { name, diskMib } = faultCase;
    try {
      const running = await stackFor({ runDir, receiverPort: receiver.port, diskMib });
      if (results.length === 0) console.log(`seed ${seed}; ${running.temporal.description}; PostgreSQL of its own`);
      return await runCase(faultCase, { stack: running, receiver, runDir, seed, rate, short });
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

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readOptions } from '../bench/commandLine';
import { CASES } from './cases';
import { Receiver } from './driver/receiver';
import { type FaultCase, NotRun } from './lab';
import { type Options, parseOptions, USAGE } from './options';
import { type CaseResult, figureLines, isFailed, lineOf, summaryOf, violationLines } from './report';
import { runCase } from './runCase';
import { makeDir, makeRunDir } from './runDir';
import { runStack } from './runStack';
import { buildOld } from './stack/oldBuild';
import { type Stack, type StackOptions, startStack } from './stack/stack';

/** The installation, in order; another one where the case wants other processes, another disk, or another program at first. */
async function stackFor(options: StackOptions): Promise<Stack> {
  const { runDir, diskMib, mainFile, nameServer, form = 'split' } = options;
  const isOther = stack && (stack.form !== form || (stack.disk?.sizeMib ?? 0) !== (diskMib ?? 0));
  if (isOther || isOfItsOwn || mainFile !== undefined || nameServer !== undefined) await stopStack();
  isOfItsOwn = nameServer !== undefined;
  if (stack) {
    await stack.restore();
    return stack;
  }
  say(`starting PostgreSQL, Temporal and the processes of the form "${form}"`);
  // A folder for each: a product's data directory belongs to one database.
  stackNumber++;
  const stackDir = await makeDir(join(runDir, `stack-${stackNumber}`));
  stack = await startStack({ ...options, runDir: stackDir });
  return stack;
}

/** The next case gets another one. */
async function stopStack(): Promise<void> {
  await stack?.stop();
  stack = undefined;
}

let stackNumber = 0;
let stack: Stack | undefined;
/** No other case may use it. */
let isOfItsOwn = false;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function run({ only, short, seed, rate, keep, old }: Options, stop: () => Promise<void>): Promise<void> {
  const runDir = await makeRunDir('faults');
  const receiver = await Receiver.start();
  const chosen = CASES.filter(({ name, isLong }) => (only.length > 0 ? only.includes(name) : !(short && isLong)));
  const results: CaseResult[] = [];
  const runOne = async (faultCase: FaultCase): Promise<CaseResult> => {
    const { name, diskMib, form, nameServer, startsFromOldBuild } = faultCase;
    try {
      const oldBuild = startsFromOldBuild
        ? await buildOld({ dir: join(runDir, 'old', name), old, commit: startsFromOldBuild.commit })
        : null;
      const mainFile = oldBuild?.mainFile;
      const servers = { diskMib, mainFile, form, nameServer };
      const running = await stackFor({ runDir, receiverPort: receiver.port, ...servers });
      if (results.length === 0) console.log(`seed ${seed}; ${running.temporal.description}; PostgreSQL of its own`);
      const result = await runCase(faultCase, { stack: running, oldBuild, receiver, runDir, seed, rate, short });
      // What it left behind, old code or thousands of deliveries, is not the next one's.
      if (isFailed(result) || faultCase.leavesMuch) await stopStack();
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
    for (const line of figureLines(result)) console.log(line);
    if (!isFailed(result)) continue;
    for (const line of violationLines(result)) console.log(line);
    console.log(`    journal: ${join(runDir, faultCase.name)}, logs: ${runDir}/stack-${stackNumber}/*.log`);
  }
  console.log(summaryOf(results));
  await stop();
  await receiver.stop();
  if (results.some(isFailed)) process.exitCode = 1;
  else if (keep) console.log(`journals and logs: ${runDir}`);
  else await rm(runDir, { recursive: true, force: true });
}

const options = readOptions({ parse: parseOptions, usage: USAGE });
if (options) void runStack({ run: (stop) => run(options, stop), running: () => stack, say });

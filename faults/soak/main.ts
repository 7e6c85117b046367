import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readOptions } from '../../bench/commandLine';
import { Receiver } from '../driver/receiver';
import { isFailed, lineOf, violationLines } from '../report';
import { runCase } from '../runCase';
import { CACHE_DIR, makeDir, makeRunDir } from '../runDir';
import { runStack } from '../runStack';
import { type Stack, startStack } from '../stack/stack';
import { type Options, parseOptions, USAGE } from './options';
import { toCsv } from './samples/csv';
import { createSoak, type Soaked } from './soakCase';
import { tableOf } from './table';

const MS_PER_MINUTE = 60_000;

let stack: Stack | undefined;

function say(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

async function run({ minutes, rate, seed, keep }: Options, stop: () => Promise<void>): Promise<void> {
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
  await stop();
  await receiver.stop();
  if (soaked) console.log(`\n${tableOf(soaked.rows, { lengthMs })}\n`);
  for (const line of [lineOf(result), ...violationLines(result)]) console.log(line);
  console.log(`samples: ${samplesFile}`);
  if (isFailed(result)) process.exitCode = 1;
  if (isFailed(result) || keep) console.log(`journal: ${join(runDir, 'soak')}, logs: ${join(runDir, 'stack')}/*.log`);
  else await rm(runDir, { recursive: true, force: true });
}

const options = readOptions({ parse: parseOptions, usage: USAGE });
if (options) void runStack({ run: (stop) => run(options, stop), running: () => stack, say });

import { Api } from './api';
import { tellExamples } from './examples';
import { tellInterfaces } from './interfaces';
import { DemoError, type Options, readOptions } from './options';
import { tellPushTask } from './pushTask';

/** @returns whether everything arrived. */
async function demo(options: Options): Promise<boolean> {
  const operator = new Api(options.url, options.operatorKey);
  await operator.waitUntilReady();
  const haveExamplesArrived = await tellExamples(operator, options);
  const havePushesArrived = await tellPushTask(operator, options);
  return (await tellInterfaces(operator)) && havePushesArrived && haveExamplesArrived;
}

async function main(): Promise<void> {
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    if (options) process.exitCode = (await demo(options)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DemoError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

void main();

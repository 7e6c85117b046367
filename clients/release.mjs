// node clients/release.mjs: what takes too long for CI, and is run before a release. Lets openapi-generator (it needs Java) make
// clients in Go, Python and TypeScript that must compile, and lets Schemathesis call a started Postrider with three keys.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { GENERATED, HERE, has, run } from './lib/commands.mjs';
import { preparePython } from './lib/otherLanguages.mjs';
import { startProduct } from './lib/product.mjs';

if (!has('java', '-version') || !has('go', 'version')) {
  console.log('This script needs Java and Go.');
  process.exit(1);
}
await rm(GENERATED, { recursive: true, force: true });
await mkdir(GENERATED, { recursive: true });
const bin = await preparePython('python/release-requirements.txt');
const document = `${GENERATED}/openapi.json`;
let failures = 0;

const product = await startProduct();
try {
  await writeFile(document, await (await fetch(`${product.story.API_URL}/openapi.json`)).text());
  for (const [generator, compile] of Object.entries(compilers())) {
    await take(`openapi-generator ${generator}`, async () => {
      const output = `${GENERATED}/${generator}`;
      await run(`${bin}/openapi-generator-cli`, ['generate', '-i', document, '-g', generator, '-o', output]);
      await compile(output);
    });
  }
  const keys = { operator: product.operatorKey, subscriber: product.subscriberKey, producer: product.producerKey };
  for (const [name, key] of Object.entries(keys)) {
    await take(`Schemathesis with the key of a ${name}`, () => schemathesis(key));
  }
} finally {
  await product.stop();
}
process.exitCode = failures > 0 ? 1 : 0;

/** How a client of each generator is compiled. */
function compilers() {
  return {
    async go(output) {
      await run('go', ['mod', 'tidy'], { cwd: output });
      await run('go', ['build', './...'], { cwd: output });
    },
    python(output) {
      return run(`${bin}/python`, ['-m', 'compileall', '-q', `${output}/openapi_client`]);
    },
    'typescript-fetch'(output) {
      const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'preserve'];
      return run(process.execPath, [`${HERE}/node_modules/typescript/bin/tsc`, ...options, `${output}/index.ts`]);
    },
  };
}

/** Left out: the call that can revoke the key it is made with, and files that are not JSON. */
const LEFT_OUT = ['revokeKey', 'docsAsset', 'docsPage', 'redirectToDocs', 'metrics', 'openapiDocument'];

/** Every check that Schemathesis has. */
function schemathesis(key) {
  return run(`${bin}/schemathesis`, [
    ...['run', document, '--url', product.story.API_URL, '--header', `Authorization: Bearer ${key}`],
    ...['--checks', 'all', '--seed', '6', '--max-examples', '10'],
    ...LEFT_OUT.flatMap((id) => ['--exclude-operation-id', id]),
  ]);
}

async function take(name, check) {
  try {
    await check();
    console.log(`✓ ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`✗ ${name}: ${error.message}`);
  }
}

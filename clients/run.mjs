// node clients/run.mjs [--all]: lints the OpenAPI document of a started Postrider, lets each generator make a client out of
// it, compiles the client, and lets it subscribe, publish and read its deliveries; then looks at the page of the docs. What
// has no toolchain on this machine is left out and named; with --all that is a failure.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { GENERATED, run } from './lib/commands.mjs';
import { isInstalled } from './lib/installed.mjs';
import { LINTERS, TYPESCRIPT_CLIENTS } from './lib/javascript.mjs';
import { OTHER_CLIENTS } from './lib/otherLanguages.mjs';
import { startProduct } from './lib/product.mjs';

const mustHaveAll = process.argv.includes('--all');
const counts = { held: 0, failed: 0, leftOut: 0 };

if (!(await isInstalled())) await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
// Imports a package that may have been installed just now.
const { DOCS_PAGE } = await import('./lib/docsPage.mjs');
await rm(GENERATED, { recursive: true, force: true });
await mkdir(GENERATED, { recursive: true });

const product = await startProduct();
try {
  const document = await (await fetch(`${product.story.API_URL}/openapi.json`)).text();
  await writeFile(`${GENERATED}/openapi.json`, document);
  for (const step of [...LINTERS, ...TYPESCRIPT_CLIENTS, ...OTHER_CLIENTS, DOCS_PAGE]) await take(step);
} finally {
  await product.stop();
}
console.log(`Clients: ${counts.held} hold, ${counts.failed} do not, ${counts.leftOut} left out`);
process.exitCode = counts.failed > 0 || (mustHaveAll && counts.leftOut > 0) ? 1 : 0;

async function take({ name, missing, check }) {
  const lacking = missing?.();
  if (lacking) {
    counts.leftOut += 1;
    console.log(`- ${name}: left out, this machine has no ${lacking}`);
    return;
  }
  const startedAt = performance.now();
  try {
    await check(product.story);
    counts.held += 1;
    console.log(`✓ ${name} (${Math.round((performance.now() - startedAt) / 1000)} s)`);
  } catch (error) {
    counts.failed += 1;
    console.log(`✗ ${name}: ${error.message}`);
  }
}

import { writeFileSync } from 'node:fs';
import { GENERATED, HERE, run, runBin } from './commands.mjs';

const DOCUMENT = `${GENERATED}/openapi.json`;

export const LINTERS = [
  {
    name: 'Redocly',
    check: () => runBin('@redocly/cli/bin/cli.js', ['lint', '--config', 'redocly.yaml', DOCUMENT]),
  },
  {
    name: 'Spectral',
    check: () => runBin('@stoplight/spectral-cli/dist/index.js', ['lint', '--ruleset', 'spectral.yaml', DOCUMENT]),
  },
];

/** Generates, compiles with every check of TypeScript on, and runs the story of that name. */
const inTypeScript = (name, story, generate) => ({
  name,
  async check(env) {
    await generate();
    // Only this story: the clients of the others may not be there yet.
    const project = { extends: `${HERE}/typescript/tsconfig.json`, files: [`${HERE}/typescript/${story}.ts`] };
    writeFileSync(`${GENERATED}/tsconfig.json`, JSON.stringify(project));
    await runBin('typescript/bin/tsc', ['--project', `${GENERATED}/tsconfig.json`]);
    const bundle = `${GENERATED}/${story}.mjs`;
    await runBin('esbuild/bin/esbuild', [
      ...[`typescript/${story}.ts`, '--bundle', '--platform=node', '--format=esm', `--outfile=${bundle}`],
    ]);
    await run(process.execPath, [bundle], { env });
  },
});

export const TYPESCRIPT_CLIENTS = [
  inTypeScript('openapi-typescript with openapi-fetch', 'openapiFetch', () =>
    runBin('openapi-typescript/bin/cli.js', [
      DOCUMENT,
      '--output',
      `${GENERATED}/schema.d.ts`,
      '--default-non-nullable',
      'false',
    ]),
  ),
  inTypeScript('@hey-api/openapi-ts', 'heyApi', () =>
    runBin('@hey-api/openapi-ts/bin/run.js', [
      ...['--input', DOCUMENT, '--output', `${GENERATED}/heyApi`, '--client', '@hey-api/client-fetch', '--no-log-file'],
    ]),
  ),
  inTypeScript('orval', 'orval', () =>
    runBin('orval/dist/bin/orval.mjs', ['--input', DOCUMENT, '--output', `${GENERATED}/orval.ts`, '--client', 'fetch']),
  ),
];

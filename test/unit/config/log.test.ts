import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const LINES = 500;

/** The log of a process of its own that exits at once after its last line. */
async function logOf(script: string): Promise<Record<string, unknown>[]> {
  const program = `
    const { transformFileSync } = require('@swc/core');
    require.extensions['.ts'] = (module, file) => module._compile(transformFileSync(file, {
      jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }).code, file);
    const { createLog } = require(${JSON.stringify(join(__dirname, '../../../src/config/log.ts'))});
    ${script}`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program], { cwd: join(__dirname, '../../..') });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('nothing is lost when the process exits', async () => {
  const lines = await logOf(`
    const log = createLog({ level: 'info' });
    for (let n = 0; n < ${LINES}; n++) log.info({ n }, 'event.accepted');
    process.exit(0);`);
  expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: LINES }, (_, n) => n));
  expect(lines[0]).toMatchObject({ level: 30, msg: 'event.accepted', time: expect.stringMatching(/^\d{4}-.*Z$/) });
});

test('what is below its level is not written', async () => {
  const lines = await logOf(`
    const log = createLog({ level: 'warn' });
    log.info('less');
    log.warn('more');`);
  expect(lines).toMatchObject([{ msg: 'more' }]);
});

test('a line has at most 4 KiB, an error with a long stack too, and what is written last before the end is there', async () => {
  const lines = await logOf(`
    const log = createLog({ level: 'info' });
    const err = new Error('x'.repeat(20_000));
    log.warn({ event: 'failed', err });
    log.fatal({ event: 'start.failed', err });
    process.exit(1);`).catch((error: { stdout: string }) =>
    error.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  );
  expect(lines).toMatchObject([
    { event: 'failed', isCut: true },
    { event: 'start.failed', isCut: true },
  ]);
  for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(4096);
});

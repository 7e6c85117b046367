// node scripts/test.mjs [arguments of jest]
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './common.mjs';
import { ensureBuild, ensureDependencies } from './ensure.mjs';

await ensureDependencies();
// The e2e tests run the built program.
await ensureBuild();

const jest = spawn(process.execPath, [join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js'), ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
// Jest ends by the same Ctrl-C, and its watchdog ends the servers; the exit code is jest's in every case.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => jest.kill(signal));
jest.once('exit', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});

import { spawn } from 'node:child_process';
import { join } from 'node:path';

jest.setTimeout(60_000);

/** A program that logs and ends 300 ms after SIGHUP, with this module's log. */
const PROGRAM = `
  require('@swc/core');
  const { transformFileSync } = require('@swc/core');
  const Module = require('node:module');
  require.extensions['.ts'] = (module, file) => {
    const jsc = { target: 'es2023', parser: { syntax: 'typescript' } };
    module._compile(transformFileSync(file, { jsc, module: { type: 'commonjs' } }).code, file);
  };
  const { createLog } = require('./src/config/log.ts');
  const log = createLog({ level: 'info' });
  setInterval(() => log.info('tick'), 20);
  process.on('SIGHUP', () => setTimeout(() => {
    require('node:fs').writeSync(3, 'ended');
    process.exit(0);
  }, 300));
  require('node:fs').writeSync(3, 'up,');
`;

/** Runs it on a terminal of its own, which is closed when it is up; says what it wrote to its fourth stream, and whether it is gone. */
const TERMINAL = `
import os, pty, subprocess, sys, fcntl, termios
ours, theirs = pty.openpty()
out, into = os.pipe()
def begin():
    os.setsid()
    fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
    os.dup2(into, 3)
child = subprocess.Popen([sys.argv[1], '-e', sys.argv[2]], stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=begin, pass_fds=(3,))
os.close(theirs)
os.close(into)
said = os.read(out, 100)
os.close(ours)
said += os.read(out, 100)
print(said.decode(), end='', flush=True)
try:
    child.wait(10)
    print(',gone')
except subprocess.TimeoutExpired:
    child.kill()
    print(',still there')
`;

const root = join(__dirname, '..', '..', '..');

test('the log of a program whose terminal was closed does not keep it from ending', async () => {
  const child = spawn('python3', ['-c', TERMINAL, process.execPath, PROGRAM], { cwd: root });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  expect(said).toBe('up,ended,gone\n');
});

import { join } from 'node:path';
import { runCommand } from '../../src/embedded/processes';
import { NotRun } from '../lab';

const SOURCE = join(__dirname, '..', '..', '..', 'faults', 'stack', 'shiftedClock.c');

/**
 * Compiles what shifts a process's wall clock.
 *
 * @returns the variables that such a process is started with. @throws NotRun where there is no C compiler.
 */
export async function compileShiftedClock(dir: string): Promise<(shiftS: number) => Record<string, string>> {
  const library = join(dir, 'shiftedClock.so');
  const { exitCode, output } = await runCommand('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']);
  if (exitCode !== 0) throw new NotRun(`the clock of a process cannot be shifted here: ${output.trim()}`);
  return (shiftS) => ({ LD_PRELOAD: library, FAULTS_CLOCK_SHIFT_S: String(shiftS) });
}

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { ensureSearchAttributes } from '../../src/temporal/searchAttributes';

/**
 * So many are ready that nobody has taken. One that is registered is usable some seconds later; but each costs the server
 * workers of its own, so that a hundred at its start keep a busy machine from starting it in time.
 */
const AHEAD = 16;
const LOOK_EVERY_MS = 250;
const USABLE_WITHIN_MS = 60_000;

const nameOf = (number: number) => `t${number}`;
const takenFile = (runDir: string, name: string) => join(runDir, `taken-${name}`);
const readyFile = (runDir: string, name: string) => join(runDir, `ready-${name}`);

/** Those that the server is started with. */
export const FIRST_NAMESPACES = Array.from({ length: AHEAD }, (_, index) => nameOf(index + 1));

/** A Temporal namespace that no other test file of this run has. @throws when none is ready. */
export function takeReadyNamespace(runDir: string): string {
  for (let number = 1; ; number++) {
    const name = nameOf(number);
    if (!existsSync(readyFile(runDir, name)))
      throw new Error(`no test namespace is ready: raise AHEAD in ${__filename}`);
    if (createExclusively(takenFile(runDir, name))) return name;
  }
}

function createExclusively(file: string): boolean {
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Registers further namespaces as they are taken. @returns what ends it. */
export function keepNamespacesAhead({ address, runDir }: { address: string; runDir: string }): () => Promise<void> {
  for (const name of FIRST_NAMESPACES) writeFileSync(readyFile(runDir, name), '');
  let isOver = false;
  const running = (async () => {
    const connection = await Connection.connect({ address });
    try {
      for (let number = AHEAD + 1; ; ) {
        while (!isOver && number > takenCount(runDir) + AHEAD) await sleep(LOOK_EVERY_MS);
        if (isOver) return;
        await register(connection, nameOf(number));
        writeFileSync(readyFile(runDir, nameOf(number)), '');
        number++;
      }
    } finally {
      await connection.close();
    }
  })();
  running.catch((error: unknown) => process.stderr.write(`test namespaces are not registered any more: ${error}\n`));
  return async () => {
    isOver = true;
    await running.catch(() => undefined);
  };
}

function takenCount(runDir: string): number {
  return readdirSync(runDir).filter((file) => file.startsWith('taken-')).length;
}

/** Resolves when it can be used, its search attributes too. */
async function register(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: (24 * 3600) as never },
  });
  const deadline = performance.now() + USABLE_WITHIN_MS;
  for (;;) {
    try {
      const missing = await ensureSearchAttributes({ client: new Client({ connection, namespace }), connection });
      if (missing.length === 0) return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(LOOK_EVERY_MS);
  }
}

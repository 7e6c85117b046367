import type { Logger } from 'pino';
import type { Stopper } from './stopper';

/** What every part of the start needs: where to say what happens, and whom to tell how to stop it. */
export interface Parts {
  log: Logger;
  stopper: Stopper;
}

/** Runs it again and again; a fault is logged, and the next time is the retry. */
export function every(ms: number, { stopper, log, name, run }: Parts & { name: string; run(): Promise<void> }): void {
  const timer = setInterval(() => {
    run().catch((err: unknown) => log.warn({ event: `${name}.failed`, err }));
  }, ms);
  stopper.add(name, async () => clearInterval(timer));
}

import { NoAnswer, within } from '../domain/within';
import type { Readiness } from './route';

const ASK_FOR_MS = 3000;

/** What says nothing for 3 s is not ready; neither is what could not be asked. */
export function readinessInTime(ask: () => Promise<Readiness>): Promise<Readiness> {
  return within(ASK_FOR_MS, ask()).catch((error: unknown) =>
    silent(error instanceof NoAnswer ? error.message : 'could not be asked'),
  );
}

/** A process that stops is not ready from the first moment on, whatever was found a second ago. */
export function asWhileStopping(ask: () => Promise<Readiness>, isStopping: () => boolean): () => Promise<Readiness> {
  const process = { ok: false, detail: 'it stops' };
  return async () => (isStopping() ? { ...(await ask()), process } : ask());
}

function silent(detail: string): Readiness {
  const part = { ok: false, detail };
  return { postgres: part, temporal: part, worker: part, reconcile: part, retention: part, schedules: part };
}

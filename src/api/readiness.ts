import { NoAnswer, within } from '../domain/within';
import type { Readiness } from './route';

const ASK_FOR_MS = 3000;

/** What says nothing for 3 s is not ready; neither is what could not be asked. */
export function readinessInTime(ask: () => Promise<Readiness>): Promise<Readiness> {
  return within(ASK_FOR_MS, ask()).catch((error: unknown) =>
    silent(error instanceof NoAnswer ? error.message : 'could not be asked'),
  );
}

function silent(detail: string): Readiness {
  const part = { ok: false, detail };
  return { postgres: part, temporal: part, worker: part, reconcile: part, retention: part, schedules: part };
}

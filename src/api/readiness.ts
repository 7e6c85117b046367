import type { Readiness } from './route';

const ASK_FOR_MS = 3000;

/** What says nothing for 3 s is not ready; neither is what could not be asked. */
export async function readinessInTime(ask: () => Promise<Readiness>): Promise<Readiness> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Readiness>((resolve) => {
    timer = setTimeout(() => resolve(silent(`no answer within ${ASK_FOR_MS} ms`)), ASK_FOR_MS);
  });
  try {
    return await Promise.race([ask().catch(() => silent('could not be asked')), late]);
  } finally {
    clearTimeout(timer);
  }
}

function silent(detail: string): Readiness {
  return { postgres: { ok: false, detail }, temporal: { ok: false, detail }, worker: { ok: false, detail } };
}

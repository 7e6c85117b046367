import type { Readiness } from './route';

/** A process that stops is not ready from the first moment on, whatever was found a second ago. */
export function asWhileStopping(ask: () => Promise<Readiness>, isStopping: () => boolean): () => Promise<Readiness> {
  const process = { ok: false, detail: 'it stops' };
  return async () => {
    const found = await ask();
    if (!isStopping()) return found;
    return { parts: { ...found.parts, process }, needed: [...found.needed, 'process'] };
  };
}

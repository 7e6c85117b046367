import { createHash } from 'node:crypto';
import { every, type Parts } from './parts';

/**
 * Asked for, and not watched: Kubernetes swaps a link of the folder, which a watch of the file does not see, and network file systems
 * tell nothing at all.
 */
const LOOK_EVERY_MS = 10_000;

export interface Reread<Content> {
  /** What the files are for, in the log. */
  name: string;
  /** @throws when they cannot be used: what was read before stays in use. */
  read(): Promise<Content>;
  /** What they held at the start. */
  known: Content;
  apply(content: Content): void | Promise<void>;
  /** Default 10,000. */
  everyMs?: number;
}

/** Applies what files hold, certificates and keys, within ten seconds after they were changed. */
export function rereadFiles<Content>(
  { name, read, known, apply, everyMs = LOOK_EVERY_MS }: Reread<Content>,
  { log, stopper }: Parts,
): void {
  let fingerprint = fingerprintOf(known);
  every(everyMs, {
    stopper,
    log,
    name: 'file.reread',
    async run() {
      const content = await read();
      const found = fingerprintOf(content);
      if (found === fingerprint) return;
      await apply(content);
      fingerprint = found;
      log.info({ event: 'file.read_anew', name });
    },
  });
}

/** The keys themselves need not be kept for it. */
function fingerprintOf(content: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(content) ?? '')
    .digest('hex');
}

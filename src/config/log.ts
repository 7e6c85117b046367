import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config';

/** Lines gather until they fill a page or for so long: a write for each costs more than the line. */
const FLUSH_EVERY_MS = 100;

/**
 * One JSON line an event, on stdout. Nothing secret and no payload is handed to it, so nothing is redacted.
 *
 * Lines are written beside the work, not before it goes on; pino writes out what is left when the process exits.
 */
export function createLog({ level }: { level: Config['logLevel'] }): Logger {
  return pino(
    { level, timestamp: stdTimeFunctions.isoTime, base: { pid: process.pid } },
    destination({ fd: 1, sync: false, minLength: 4096, periodicFlush: FLUSH_EVERY_MS }),
  );
}

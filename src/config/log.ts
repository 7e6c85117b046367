import { destination, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Config } from './config';
import { shortLine } from './shortLine';

/** Lines gather up to so much or for so long: a write for each costs more than the line. pino writes less than 16,384 at a time. */
const FLUSH_FROM_BYTES = 16_000;
const FLUSH_EVERY_MS = 100;

/** What an error may say beside type, message and stack. */
const LOGGED_FIELDS = ['code', 'errno', 'syscall', 'address', 'port', 'severity', 'schema', 'table', 'constraint'];

/**
 * One JSON line an event, on stdout. Nothing secret and no payload is handed to it, so nothing is redacted but errors.
 *
 * No line is longer than 4 KiB. Lines are written beside the work, not before it goes on; pino writes out what is left when the process exits.
 */
export function createLog({ level }: { level: Config['logLevel'] }): Logger {
  const stdout = destination({ fd: 1, sync: false, minLength: FLUSH_FROM_BYTES, periodicFlush: FLUSH_EVERY_MS });
  let isGone = false;
  stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // At the exit sonic-boom would try for ever to write what this stream does not take.
    stdout.flushSync = () => undefined;
    // A terminal that was closed takes nothing any more; the process lives on, to stop in order.
    isGone ||= code === 'EIO';
  });
  const shortened = {
    write: (line: string) => isGone || stdout.write(shortLine(line)),
    // pino calls it after a fatal line, after which the process ends.
    flushSync: () => stdout.flushSync(),
  };
  return pino(
    { level, timestamp: stdTimeFunctions.isoTime, base: { pid: process.pid }, serializers: { err: loggedError } },
    shortened,
  );
}

/**
 * An error as a line shows it. Libraries hang on it what they were at: PostgreSQL's `detail` and `where` quote the row
 * that failed, knex adds a statement's bindings. Only what is known to be harmless is kept.
 */
export function loggedError(error: Error): Record<string, unknown> {
  const { type, message, stack, ...all } = pino.stdSerializers.err(error);
  const kept = LOGGED_FIELDS.filter((field) => all[field] !== undefined).map((field) => [field, all[field]]);
  const causes = 'errors' in error && Array.isArray(error.errors) ? { errors: error.errors.map(loggedError) } : {};
  return { type, message, stack, ...Object.fromEntries(kept), ...causes };
}

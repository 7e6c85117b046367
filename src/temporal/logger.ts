import type { Logger as TemporalLogger } from '@temporalio/worker';
import type { Logger } from 'pino';

/** A delivery whose policy is used up ends its workflow as Failed: our business, and on record already. */
const OURS = 'Workflow failed';

/** What the Temporal SDK says, in our log. Its `info` is the SDK's housekeeping. */
export function createTemporalLogger(log: Logger): TemporalLogger {
  const child = log.child({ part: 'temporal' });
  const at =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') =>
    (msg: string, meta: Record<string, unknown> = {}) => {
      const { error, ...fields } = meta;
      child[msg === OURS ? 'debug' : level](error === undefined ? fields : { ...fields, err: error }, msg);
    };
  const levels = { TRACE: at('trace'), DEBUG: at('debug'), INFO: at('debug'), WARN: at('warn'), ERROR: at('error') };
  return {
    log: (level, msg, meta) => levels[level](msg, meta),
    trace: levels.TRACE,
    debug: levels.DEBUG,
    info: levels.INFO,
    warn: levels.WARN,
    error: levels.ERROR,
  };
}

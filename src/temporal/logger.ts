import type { Logger as TemporalLogger } from '@temporalio/worker';
import type { Logger } from 'pino';

/** What is meant so, or on record already. */
const OURS = [
  // A delivery whose policy is used up ends its workflow as Failed.
  'Workflow failed',
  // The worker of the safety nets has activities only.
  'No workflows registered, not polling for workflow tasks',
];

/** What the Temporal SDK says, in our log. Its `info` is the SDK's housekeeping. */
export function createTemporalLogger(log: Logger): TemporalLogger {
  const child = log.child({ part: 'temporal' });
  const at =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') =>
    (msg: string, meta: Record<string, unknown> = {}) => {
      const { error, ...fields } = meta;
      child[OURS.includes(msg) ? 'debug' : level](error === undefined ? fields : { ...fields, err: error }, msg);
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

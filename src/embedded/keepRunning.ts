import type { Logger } from 'pino';

const LOOK_EVERY_MS = 1000;
/** A server that cannot start (a full disk) is tried again so often: each try writes to its log. */
const TRY_AGAIN_MS = 10_000;

export interface Watched {
  /** For the log: "embedded PostgreSQL". */
  name: string;
  isRunning(): Promise<boolean>;
  /** Starts it where it was, under the same port, and returns when it is ready. */
  restart(): Promise<void>;
  log: Logger;
}

export interface Watch {
  /** From its end on nothing is started any more. */
  stop(): Promise<void>;
}

/** Starts a server again that has died (killed for its memory, or by hand), as long as the program lives that needs it. */
export function keepRunning({ name, isRunning, restart, log }: Watched): Watch {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let looking = Promise.resolve();

  async function look(): Promise<number> {
    if (await isRunning()) return LOOK_EVERY_MS;
    if (isStopped) return LOOK_EVERY_MS;
    log.warn({ event: 'embedded.died', server: name });
    try {
      await restart();
      log.info({ event: 'embedded.restarted', server: name });
      return LOOK_EVERY_MS;
    } catch (err) {
      log.error({ event: 'embedded.not_restarted', server: name, err, retryInMs: TRY_AGAIN_MS });
      return TRY_AGAIN_MS;
    }
  }

  function plan(afterMs: number): void {
    if (isStopped) return;
    timer = setTimeout(() => {
      looking = look().then(plan);
    }, afterMs);
    timer.unref();
  }

  plan(LOOK_EVERY_MS);
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}

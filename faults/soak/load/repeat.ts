import { setTimeout as sleep } from 'node:timers/promises';

export interface Repeated {
  /** Resolves when the round under way is over. @throws what a round has failed with; after that there was none. */
  stop(): Promise<void>;
}

/** Does it again and again, with a pause in between. */
export function repeat(round: () => Promise<unknown>, { pauseMs }: { pauseMs: number }): Repeated {
  const stopping = new AbortController();
  const run = async () => {
    while (!stopping.signal.aborted) {
      await round();
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const ended = run();
  // Until somebody asks.
  ended.catch(() => undefined);
  return {
    stop() {
      stopping.abort();
      return ended;
    },
  };
}

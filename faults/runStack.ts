import type { Stack } from './stack/stack';

export interface StackRun {
  /** `stop` ends the installation in order; twice is once. */
  run(stop: () => Promise<void>): Promise<void>;
  /** The installation of the moment. */
  running(): Stack | undefined;
  say(line: string): void;
}

/** Runs what hurts an installation, and leaves nothing of it behind: not at its end, after an error, or when it is stopped. */
export async function runStack({ run, running, say }: StackRun): Promise<never> {
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??=
      running()
        ?.stop()
        .catch((error: unknown) => say(`could not stop: ${error}`)) ?? Promise.resolve();
    return stopping;
  };
  // What is under way fails when everything is being stopped: that is no news.
  const stopFor = (why: string) => {
    if (stopping) return;
    say(`${why}: stopping`);
    void stop().then(() => process.exit(1));
  };
  // What was being started while everything was being stopped must not outlive us.
  process.on('exit', () => {
    for (const one of running()?.processes ?? []) one.abandon();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopFor(signal));
  // Of the load, which nobody awaits before its end.
  process.on('unhandledRejection', (error) => stopFor(inFull(error)));
  try {
    await run(stop);
  } catch (error) {
    if (!stopping) say(inFull(error));
    process.exitCode = 1;
    await stop();
  }
  process.exit();
}

function inFull(error: unknown): string {
  return `${error instanceof Error ? error.stack : error}`;
}

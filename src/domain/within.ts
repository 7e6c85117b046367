/** There was no answer in time. */
export class NoAnswer extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${Math.round(timeoutMs)} ms`);
  }
}

/**
 * What the work comes to; the work itself goes on after its time, and what it comes to then is dropped.
 *
 * @throws NoAnswer after so long, or what `late` makes of it.
 */
export function within<T>(
  timeoutMs: number,
  work: Promise<T>,
  late: (noAnswer: NoAnswer) => Error = (noAnswer) => noAnswer,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late(new NoAnswer(timeoutMs))), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

import { ProblemError, unavailable } from './problems';

/** Every call is answered within 10 s of its last byte, also while PostgreSQL is away. */
export const ANSWER_WITHIN_MS = 9500;

/** What the work comes to, or 503 when it takes longer; the work itself goes on, and what it comes to then is dropped. */
export function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new ProblemError(unavailable(new Error(`no answer within ${Math.round(timeoutMs)} ms`))));
    }, timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

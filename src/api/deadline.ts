import { within } from '../domain/within';
import { ProblemError, unavailable } from './problems';

/** Every call is answered within 10 s of its last byte, also while PostgreSQL is away. */
export const ANSWER_WITHIN_MS = 9500;

/** What the work comes to, or 503 when it takes longer. */
export function answerWithin<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  return within(timeoutMs, work, (noAnswer) => new ProblemError(unavailable(noAnswer)));
}

import { Refusal } from './errors';

const DAY_MS = 86_400_000;

/**
 * A moment from which on everything is to be delivered again. One before anything that is kept is mostly a mistake, above all
 * seconds that are taken for milliseconds, and what it starts cannot be taken back. A day more than the retention is allowed, as
 * days are dropped whole.
 *
 * @throws Refusal 400 for one that is earlier.
 */
export function requireKept(since: Date, { retentionDays }: { retentionDays: number }): void {
  if (since.getTime() >= Date.now() - (retentionDays + 1) * DAY_MS) return;
  throw new SinceTooEarly(
    `lies before what is kept, the last ${retentionDays} days (RETENTION_DAYS): a number is in milliseconds since 1970, ` +
      `and ${since.getTime()} is ${since.toISOString()}`,
  );
}

class SinceTooEarly extends Refusal {
  override readonly code = 'since_before_retention';

  constructor(message: string) {
    super(400, message, 'since');
  }
}

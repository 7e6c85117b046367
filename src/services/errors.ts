/** Names of refusals that programs tell from others of the same status. */
export const REFUSAL_CODES = [
  'already_exists',
  'already_cancelled',
  'already_delivered',
  'already_failed',
  'awaiting_history',
  'grant_withdrawn',
  'idempotency_key_reused',
  'lane_not_ordered',
  'lane_not_stoppable',
  'other_interface',
  'quota_exceeded',
  'read_only',
  'since_before_retention',
  'subscription_paused',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/**
 * What a use case refuses, in words for the caller. The API turns each into its interface's own error form; the status
 * is HTTP's. Anything else that is thrown is a fault of ours (500, or 503 when PostgreSQL is away).
 */
export class Refusal extends Error {
  /** Default: the API's name for the status. */
  readonly code?: RefusalCode;

  constructor(
    readonly status: 400 | 403 | 404 | 409 | 412 | 413 | 422 | 429 | 503,
    message: string,
    /** The field, parameter or header at fault, where there is one. */
    readonly field?: string,
    /** Seconds after which a repeat makes sense (429, 503). */
    readonly retryAfterS?: number,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

/** One whose words quote what somebody has sent or answered: they are for the caller, and stand in no log. */
export class QuotingRefusal extends Refusal {}

/** The state of something does not allow what was asked for. */
export class Conflict extends Refusal {
  constructor(
    override readonly code: RefusalCode,
    message: string,
    field?: string,
  ) {
    super(409, message, field);
  }
}

/** A known `Idempotency-Key` with another body; publish has a message of its own for it. */
export class IdempotencyKeyReused extends Refusal {
  override readonly code = 'idempotency_key_reused';

  constructor() {
    super(400, 'this Idempotency-Key was used with another body', 'Idempotency-Key');
  }
}

/** One more than there may be of something; says which setting bounds it. */
export class QuotaExceeded extends Conflict {
  constructor(message: string) {
    super('quota_exceeded', message);
  }
}

export function notFound(what: string): Refusal {
  return new Refusal(404, `no such ${what}`);
}

import type { Knex } from 'knex';
import { dayOfId } from '../contracts/ids';

export interface Attempt {
  number: number;
  startedAt: Date;
  durationMs: number;
  /** null: there was no answer; `error` says why. */
  statusCode: number | null;
  error: string | null;
  responseExcerpt: string | null;
}

interface AttemptRow {
  delivery_id: string;
  number: number;
  started_at: Date;
  duration_ms: number;
  status_code: number | null;
  error: string | null;
  response_excerpt: string | null;
}

/**
 * The recorded attempts of each delivery, in order; a delivery without any has no entry.
 *
 * @param excerptChars how much of each answer: with every character of hundreds of deliveries a list is megabytes.
 */
export async function listAttempts(
  db: Knex,
  { deliveryIds, excerptChars }: { deliveryIds: string[]; excerptChars: number },
): Promise<Map<string, Attempt[]>> {
  const { rows } = await db.raw<{ rows: AttemptRow[] }>(
    `SELECT delivery_id, number, started_at, duration_ms, status_code, error, left(response_excerpt, ?) AS response_excerpt
     FROM attempts WHERE delivery_id = ANY(?::uuid[]) AND day = ANY(?::date[])
     ORDER BY delivery_id, number`,
    [excerptChars, deliveryIds, [...new Set(deliveryIds.map(dayOfId))]],
  );
  const attempts = new Map<string, Attempt[]>();
  for (const row of rows) {
    const ofDelivery = attempts.get(row.delivery_id) ?? [];
    ofDelivery.push(toAttempt(row));
    attempts.set(row.delivery_id, ofDelivery);
  }
  return attempts;
}

function toAttempt(row: AttemptRow): Attempt {
  return {
    number: row.number,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    statusCode: row.status_code,
    error: row.error,
    responseExcerpt: row.response_excerpt,
  };
}

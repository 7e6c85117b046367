import { dayOfId } from '../../contracts/ids';
import type { DeliveryToAttempt } from '../../domain/delivery';
import type { Database, Statement } from '../database';
import { joinDelivery } from './rows';

/** Of an attempt under way that this process still holds the claim of; rows are locked in id order, as everywhere. */
const RENEW_CLAIMS: Statement = {
  name: 'renew_claims',
  text: `
WITH held AS MATERIALIZED (
  SELECT d.id, d.day
  FROM (
    SELECT * FROM unnest($1::uuid[], $2::date[], $3::int[], $4::int[]) AS u(id, day, generation, attempt) ORDER BY id
  ) w
  ${joinDelivery('w', { lock: 'UPDATE' })}
  WHERE d.generation = w.generation AND d.attempt = w.attempt AND d.state = 'pending'
    AND d.next_attempt_at IS NULL AND d.due_by IS NOT NULL
)
UPDATE deliveries d SET due_by = greatest(d.due_by, now() + interval '30 s')
FROM held h
WHERE d.id = h.id AND d.day = h.day AND d.day = ANY($2::date[])`,
};

/** Keeps the claims of attempts that were answered and are not decided for another 30 s. */
export async function renewClaims(
  db: Database,
  held: Pick<DeliveryToAttempt, 'deliveryId' | 'generation' | 'attempt'>[],
): Promise<void> {
  await db.run(RENEW_CLAIMS, [
    held.map(({ deliveryId }) => deliveryId),
    held.map(({ deliveryId }) => dayOfId(deliveryId)),
    held.map(({ generation }) => generation),
    held.map(({ attempt }) => attempt),
  ]);
}

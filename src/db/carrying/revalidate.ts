import { dayOfId } from '../../contracts/ids';
import type { DeliveryToAttempt } from '../../domain/delivery';
import type { Database, Statement } from '../database';
import { JOIN_SUBSCRIPTION, joinDelivery, NOT_CANCELLED } from './rows';

/** A claim that was made before its subscription was steered. */
export interface Revalidated {
  deliveryId: string;
  /** `lost`: it is cancelled, or somebody else carries it. `paused`: it waits for the resume, and its row does not say so yet. */
  claim: 'held' | 'paused' | 'lost';
  subscriptionVersion: number;
}

/** The claim's conditions once more, for claims that were made: the attempt's number is the row's, and it is under way. */
const REVALIDATE: Statement = {
  name: 'revalidate',
  text: `
SELECT d.id, s.version,
       CASE WHEN d.state = 'pending' AND d.generation = w.generation AND d.attempt = w.attempt
                 AND d.due_by IS NOT NULL AND d.next_attempt_at IS NULL AND s.state <> 'deleted' AND ${NOT_CANCELLED}
            THEN CASE s.state WHEN 'paused' THEN 'paused' ELSE 'held' END
            ELSE 'lost' END AS claim
FROM unnest($1::uuid[], $2::date[], $3::int[], $4::int[]) AS w(id, day, generation, attempt)
${joinDelivery('w')}
${JOIN_SUBSCRIPTION}`,
};

interface RevalidatedRow {
  id: string;
  version: string;
  claim: Revalidated['claim'];
}

/** In no order; a delivery that is gone has no entry. */
export async function revalidateClaims(db: Database, claimed: DeliveryToAttempt[]): Promise<Revalidated[]> {
  const rows = await db.run<RevalidatedRow>(REVALIDATE, [
    claimed.map((d) => d.deliveryId),
    claimed.map((d) => dayOfId(d.deliveryId)),
    claimed.map((d) => d.generation),
    claimed.map((d) => d.attempt),
  ]);
  return rows.map(({ id, version, claim }) => ({ deliveryId: id, subscriptionVersion: Number(version), claim }));
}

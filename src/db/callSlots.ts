import type { Database, Statement } from './database';

/** As in membership: who is silent for so long is gone; its calls may last for their timeout beyond. */
const holderIsGone = (process: string) => `NOT EXISTS (
  SELECT FROM processes p
  WHERE p.id = ${process} AND p.seen_at > now() - ($5::int + $6::int) * interval '1 ms'
)`;

const TAKE: Statement = {
  name: 'take_call_slots',
  text: `
WITH free AS (
  SELECT n AS slot FROM generate_series(0, $3::int - 1) n
  LEFT JOIN call_slots c ON c.subscription_id = $1 AND c.slot = n
  WHERE n <> ALL($7::int[]) AND (c.slot IS NULL OR c.process_id = $2 OR ${holderIsGone('c.process_id')})
  ORDER BY n LIMIT $4::int
)
INSERT INTO call_slots AS held (subscription_id, slot, process_id) SELECT $1::uuid, slot, $2::uuid FROM free
ON CONFLICT (subscription_id, slot) DO UPDATE SET process_id = excluded.process_id, wanted = false
WHERE held.process_id = $2 OR ${holderIsGone('held.process_id')}
RETURNING slot`,
};

const WANT: Statement = {
  name: 'want_call_slots',
  text: 'UPDATE call_slots SET wanted = true WHERE subscription_id = $1 AND process_id <> $2 AND NOT wanted',
};

const RETURN: Statement = {
  name: 'return_call_slots',
  text: 'DELETE FROM call_slots WHERE subscription_id = $1 AND process_id = $2 AND slot = ANY($3::int[])',
};

const IS_WANTED: Statement = {
  name: 'is_call_slot_wanted',
  text: 'SELECT FROM call_slots WHERE subscription_id = $1 AND process_id = $2 AND wanted LIMIT 1',
};

export interface SlotsWanted {
  subscriptionId: string;
  processId: string;
  maxInFlight: number;
  /** Slots that this process has already. */
  held: number[];
  /** After so much silence a process begins no more calls; those under way last for `timeoutMs`. */
  goneAfterMs: number;
  timeoutMs: number;
}

/** One slot at a time. @returns the slots that were taken; those that others hold are marked as wanted when it is none. */
export async function takeCallSlots(db: Database, wanted: SlotsWanted): Promise<number[]> {
  const { subscriptionId, processId, maxInFlight, held, goneAfterMs, timeoutMs } = wanted;
  const values = [subscriptionId, processId, maxInFlight, 1, goneAfterMs, timeoutMs, held];
  const taken = await db.runShared<{ slot: number }>(TAKE, values);
  if (taken.length === 0) await db.runShared(WANT, [subscriptionId, processId]);
  return taken.map(({ slot }) => slot);
}

export async function returnCallSlots(
  db: Database,
  { subscriptionId, processId, slots }: { subscriptionId: string; processId: string; slots: number[] },
): Promise<void> {
  await db.runShared(RETURN, [subscriptionId, processId, slots]);
}

export async function isCallSlotWanted(
  db: Database,
  { subscriptionId, processId }: { subscriptionId: string; processId: string },
): Promise<boolean> {
  return (await db.runShared(IS_WANTED, [subscriptionId, processId])).length > 0;
}

import { findFailedMessages } from '../../db/gatewayFailures';
import type { Caller } from '../caller';
import { Refusal } from '../errors';
import type { GatewayDeps } from './deps';
import { ownApp } from './ownApp';

/** Half of the connections to PostgreSQL: the other calls need some too. */
const AT_ONCE = 5;

/**
 * Failed messages are delivered once more, under the same dispatchId and by the whole schedule.
 *
 * @param dispatchIds repeated ones count once.
 * @returns how many; what somebody else has redelivered, and the receiver acknowledged, meanwhile does not count.
 * @throws Refusal 403 for a key that has no app; 404 naming the ids that are not in the app's failed list, or whose
 * registration is deleted: then none is redelivered.
 */
export async function redeliver(
  { db, commands }: Pick<GatewayDeps, 'db' | 'commands'>,
  { caller, dispatchIds }: { caller: Caller; dispatchIds: readonly string[] },
): Promise<number> {
  const app = ownApp(caller);
  // By the one of its spellings that PostgreSQL writes.
  const wanted = new Map(dispatchIds.map((id) => [id.toLowerCase(), id]));
  const failed = new Set(await findFailedMessages(db, app, [...wanted.keys()]));
  const unknown = [...wanted].flatMap(([id, asGiven]) => (failed.has(id) ? [] : [asGiven]));
  if (unknown.length > 0) {
    throw new Refusal(404, `not in the failed list of a registration: ${unknown.join(', ')}`, 'dispatchIds');
  }
  const waiting = wanted.keys();
  let redelivered = 0;
  async function redeliverWaiting(): Promise<void> {
    for (const id of waiting) if (await retry(id)) redelivered++;
  }
  await Promise.all(Array.from({ length: AT_ONCE }, redeliverWaiting));
  return redelivered;

  /** @returns false for one that was redelivered and acknowledged, or cancelled with its registration, meanwhile. */
  async function retry(id: string): Promise<boolean> {
    try {
      await commands.retryDelivery(id);
      return true;
    } catch (error) {
      if (error instanceof Refusal) return false;
      throw error;
    }
  }
}

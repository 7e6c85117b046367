import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { deleteRegistration } from '../../db/cmdb/registrations';
import { appRow, steerInTurn, subscriptionRow } from '../../db/rowTurns';
import type { SubscriptionDeps } from '../subscriptions/deps';
import { writeDeletion } from '../subscriptions/writes';
import { type CalledSubscription, findCalled } from './find';

/**
 * It matches nothing any more and what is pending of it is cancelled; its name is free again.
 *
 * @throws Refusal 403 for another's account; 404 for one that is not there.
 */
export async function unsubscribe(deps: SubscriptionDeps, called: CalledSubscription): Promise<void> {
  const { subscriptionId, app } = await findCalled(deps.db, called);
  await steerInTurn(deps, [appRow(app, 'share'), subscriptionRow(subscriptionId)], async (trx) => {
    await lockApp(trx, app, 'share');
    await audit(trx, { object: 'subscription', id: subscriptionId, of: app, change: { is: 'deleted' } });
    await writeDeletion(trx, subscriptionId);
    await deleteRegistration(trx, subscriptionId);
  });
  deps.commands.sweepCancellations();
}

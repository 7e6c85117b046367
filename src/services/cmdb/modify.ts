import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { updateRegistration } from '../../db/cmdb/registrations';
import { appRow, steerInTurn, subscriptionRow } from '../../db/rowTurns';
import { auditedSettings } from '../auditedSettings';
import type { SubscriptionDeps } from '../subscriptions/deps';
import { writeChange } from '../subscriptions/writes';
import { type CalledSubscription, findCalled } from './find';
import { type CmdbSubscriptionInput, refuseTakenName, settingsOf } from './settings';

/**
 * Overwrites it whole, from the next attempt on; what is pending of a name that is taken out is cancelled.
 *
 * @throws Refusal 400 and 409 as for subscribe; 403 for another's account; 404 for one that is not there.
 */
export async function modify(
  deps: SubscriptionDeps,
  { input, ...called }: CalledSubscription & { input: CmdbSubscriptionInput },
): Promise<void> {
  const { subscriptionId, app } = await findCalled(deps.db, called);
  const { subscription, registration } = await settingsOf(deps, { caller: called.caller, input });
  const written = steerInTurn(deps, [appRow(app, 'share'), subscriptionRow(subscriptionId)], async (trx) => {
    await lockApp(trx, app, 'share');
    await audit(trx, {
      object: 'subscription',
      id: subscriptionId,
      of: app,
      change: auditedSettings(subscription),
    });
    const { hasCancelled } = await writeChange(trx, { ...subscription, id: subscriptionId });
    await updateRegistration(trx, { ...registration, subscriptionId });
    return hasCancelled;
  });
  const hasCancelled = await refuseTakenName(written);
  if (hasCancelled) deps.commands.sweepCancellations();
}

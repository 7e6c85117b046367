import { v7 as uuidv7 } from 'uuid';
import { type AppId, lockApp } from '../../db/apps';
import { readPortalApp } from '../../db/portal/portalApps';
import type { SteeringTransaction } from '../../db/steerings';
import { notFound } from '../errors';
import type { SubscriptionDeps } from '../subscriptions/deps';
import { MESSAGE_POLICY } from '../subscriptions/messagePolicy';
import { writeChange, writeDeletion, writeNew } from '../subscriptions/writes';

/** Whom a message concerns is decided by what each user has subscribed: the app's one subscription takes every topic. */
const EVERY_TOPIC = [{ topic: '*' }];

/**
 * Brings the one subscription that an app's portal messages go through into line with the app: it is there while the
 * app has a callback and had portal users, and calls where the app says. Without a callback what is pending is
 * cancelled. Called with every change of the callback and every new user.
 *
 * @throws Refusal 404 for an app that is not there.
 */
export async function alignPortalSubscription(
  trx: SteeringTransaction,
  deps: Pick<SubscriptionDeps, 'secretBox' | 'newSigningSecret'>,
  app: AppId,
): Promise<void> {
  if (!(await lockApp(trx, app, 'exclusive'))) throw notFound('app');
  const portalApp = await readPortalApp(trx, app);
  if (!portalApp) return;
  const { callbackUrl, hasUsers, subscription } = portalApp;
  if (subscription === null) {
    if (callbackUrl === null || !hasUsers) return;
    await writeNew(trx, deps, {
      ...MESSAGE_POLICY,
      ...{ tenantId: app.tenantId, appId: app.appId },
      id: uuidv7(),
      interface: 'portal',
      callbackUrl,
      topics: EVERY_TOPIC,
    });
  } else if (callbackUrl === null) await writeDeletion(trx, subscription.id);
  else if (callbackUrl !== subscription.callbackUrl) await writeChange(trx, { id: subscription.id, callbackUrl });
}

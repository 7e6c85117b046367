import { v7 as uuidv7 } from 'uuid';
import { type AppId, lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { makeOnce } from '../../db/makeOnce';
import { appRow, transactInTurn } from '../../db/rowTurns';
import type { NewSubscription, Subscription } from '../../db/subscriptions';
import { actingApp } from '../access';
import { auditedSettings } from '../auditedSettings';
import { requireCallbackUrl } from '../callbackCheck';
import type { Caller } from '../caller';
import { notFound } from '../errors';
import type { SubscriptionDeps } from './deps';
import { requireTopics } from './topics';
import { writeNew } from './writes';

export interface SubscriptionInput extends Omit<NewSubscription, 'id' | 'interface' | 'tenantId' | 'appId'> {
  caller: Caller;
  /** Operators name the app; a subscriber's can only be its own. */
  app: Partial<AppId>;
}

/**
 * From the commit on, every matching event is kept for it.
 *
 * @throws Refusal 400 for a callback that may not be called or a topic that is not in the catalogue; 403 for an app
 * that the caller may not act for; 404 for an app that is not there.
 */
export async function createSubscription(deps: SubscriptionDeps, input: SubscriptionInput): Promise<Subscription> {
  const { caller, app: wanted, ...settings } = input;
  const app = actingApp(caller, wanted);
  requireCallbackUrl(deps.checkCallbackUrl, settings.callbackUrl);
  const topics = await requireTopics(deps.db, settings.topics);
  return transactInTurn(deps.db, [appRow(app, 'share')], async (trx) => {
    if (!(await lockApp(trx, app, 'share'))) throw notFound('app');
    return makeOnce(trx, async () => {
      const id = uuidv7();
      const change = { is: 'made', ...auditedSettings({ ...settings }) };
      await audit(trx, { object: 'subscription', id, of: app, change });
      return writeNew(trx, deps, { ...settings, ...app, topics, id, interface: 'native' });
    });
  });
}

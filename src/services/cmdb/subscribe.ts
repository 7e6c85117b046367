import { v7 as uuidv7 } from 'uuid';
import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { insertRegistration } from '../../db/cmdb/registrations';
import { makeOnce } from '../../db/makeOnce';
import { appRow, transactInTurn } from '../../db/rowTurns';
import { auditedSettings } from '../auditedSettings';
import { notFound, Refusal } from '../errors';
import type { SubscriptionDeps } from '../subscriptions/deps';
import { writeNew } from '../subscriptions/writes';
import { type CalledPlace, placeOf } from './place';
import { type CmdbSubscriptionInput, refuseTakenName, settingsOf } from './settings';

const POLICY = {
  retry: 'gateway',
  maxInFlight: 10,
  ordered: false,
  historyRequired: false,
  description: null,
} as const;

/**
 * A subscription of the key's app; from the commit on, every matching event is kept for it.
 *
 * @returns its number. @throws Refusal 400 for a callback that may not be called; InvalidPattern; 403 for another's
 * account and a key of no app; 409 for a name that is taken.
 */
export async function subscribe(
  deps: SubscriptionDeps,
  { input, ...called }: CalledPlace & { input: CmdbSubscriptionInput },
): Promise<number> {
  const { tenantId, bizId } = placeOf(called);
  const { appId } = called.caller;
  if (appId === null) throw new Refusal(403, 'the key is of no app, and a subscription is always of one');
  const { subscription, registration } = await settingsOf(deps, { caller: called.caller, input });
  const written = transactInTurn(deps.db, [appRow({ tenantId, appId }, 'share')], async (trx) => {
    if (!(await lockApp(trx, { tenantId, appId }, 'share'))) throw notFound('app');
    return makeOnce(trx, async () => {
      const id = uuidv7();
      const change = { is: 'made', ...auditedSettings(subscription) };
      await audit(trx, { object: 'subscription', id, of: { tenantId }, change });
      await writeNew(trx, deps, { ...POLICY, ...subscription, id, tenantId, appId, interface: 'cmdb' });
      return insertRegistration(trx, { ...registration, subscriptionId: id, tenantId, bizId });
    });
  });
  return refuseTakenName(written);
}

import type { Knex } from 'knex';
import { type AppId, lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { findGatewayRegistration, type GatewayRegistration, toRegistration } from '../../db/gatewayRegistrations';
import { appRow, steerInTurn, subscriptionRow } from '../../db/rowTurns';
import { auditedSettings } from '../auditedSettings';
import type { Caller } from '../caller';
import { notFound } from '../errors';
import { writeChange } from '../subscriptions/writes';
import { requireIpCallback } from './callbackUrl';
import type { GatewayDeps } from './deps';
import { ownApp } from './ownApp';
import { requireFree } from './requireFree';
import { verifyCallback } from './verify';

export interface RegistrationChange {
  caller: Caller;
  id: string;
  /** What is undefined stays. */
  eventTag?: string;
  callbackUrl?: string;
}

/**
 * Counts from the next call on; what is pending of a tag that is given up is cancelled. Another url has to acknowledge
 * the verification first.
 *
 * @throws Refusal 400 for a callback that is no IP address or may not be called; 403 for a key that has no app; 404 for
 * what is no registration of the app's; 409 when the app has that one already; 422 when the verification fails; 429
 * when too many test calls are under way.
 */
export async function change(deps: GatewayDeps, wanted: RegistrationChange): Promise<GatewayRegistration> {
  const { callbackUrl } = wanted;
  const app = ownApp(wanted.caller);
  if (callbackUrl !== undefined) requireIpCallback(deps.checkCallbackUrl, callbackUrl);
  const planned = await plan(deps.db, app, wanted);
  if (planned.isNewUrl) {
    const { eventTag, callbackUrl } = planned;
    await verifyCallback(deps.testCalls, { caller: wanted.caller, eventTags: [eventTag], callbackUrl });
  }
  const { subscription, hasCancelled } = await steerInTurn(
    deps,
    [appRow(app, 'exclusive'), subscriptionRow(wanted.id)],
    async (trx) => {
      if (!(await lockApp(trx, app, 'exclusive'))) throw notFound('app');
      const { eventTag, isNewTag } = await plan(trx, app, wanted);
      const { id } = wanted;
      const change = auditedSettings({ callbackUrl, topics: isNewTag ? [eventTag] : undefined });
      await audit(trx, { object: 'subscription', id, of: app, change });
      return writeChange(trx, { id, callbackUrl, topics: isNewTag ? [{ topic: eventTag }] : undefined });
    },
  );
  if (hasCancelled) deps.commands.sweepCancellations();
  return toRegistration(subscription);
}

/** What the registration comes to be. */
async function plan(db: Knex, app: AppId, { id, ...wanted }: RegistrationChange) {
  const known = await findGatewayRegistration(db, app, id);
  if (!known) throw notFound('registration');
  const eventTag = wanted.eventTag ?? known.eventTag;
  const callbackUrl = wanted.callbackUrl ?? known.callbackUrl;
  await requireFree(db, { app, eventTags: [eventTag], callbackUrl, exceptId: known.id });
  return { eventTag, callbackUrl, isNewTag: eventTag !== known.eventTag, isNewUrl: callbackUrl !== known.callbackUrl };
}

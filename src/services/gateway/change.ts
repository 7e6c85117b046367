import type { Knex } from 'knex';
import { type AppId, lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { findGatewayRegistration, type GatewayRegistration, toRegistration } from '../../db/gatewayRegistrations';
import { appRow, steerInTurn, subscriptionRow } from '../../db/rowTurns';
import type { GatewayFormat } from '../../domain/gatewayFormat';
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
  /** Perhaps without a scheme. */
  callbackUrl?: string;
  /** Has to be acknowledged, also where it is the one that the registration has. */
  format?: GatewayFormat;
}

/**
 * Counts from the next call on; what is pending of a tag that is given up is cancelled. Another url has to acknowledge
 * the verification first, in the format that is asked for or else in either; with a format the same url has to, too.
 *
 * @throws Refusal 400 for a callback that is no IP address or may not be called; 403 for a key that has no app; 404 for
 * what is no registration of the app's; 409 when the app has that one already; 422 when the verification fails; 429
 * when too many test calls are under way.
 */
export async function change(deps: GatewayDeps, wanted: RegistrationChange): Promise<GatewayRegistration> {
  const app = ownApp(wanted.caller);
  const callbackUrl =
    wanted.callbackUrl === undefined ? undefined : requireIpCallback(deps.checkCallbackUrl, wanted.callbackUrl);
  const called = await verifyChange(deps, app, { ...wanted, callbackUrl });
  const { id } = wanted;
  const { registration, hasCancelled } = await steerInTurn(
    deps,
    [appRow(app, 'exclusive'), subscriptionRow(id)],
    async (trx) => {
      if (!(await lockApp(trx, app, 'exclusive'))) throw notFound('app');
      const planned = await plan(trx, app, { ...wanted, ...called });
      const topics = planned.isNewTag ? [{ topic: planned.eventTag }] : undefined;
      await audit(trx, { object: 'subscription', id, of: app, change: auditedSettings({ ...called, topics }) });
      const { format = planned.format, ...url } = called;
      const { subscription, hasCancelled } = await writeChange(trx, { id, topics, ...url, interfaceData: { format } });
      return { registration: toRegistration(subscription, format), hasCancelled };
    },
  );
  if (hasCancelled) deps.commands.sweepCancellations();
  return registration;
}

/**
 * Verifies what the change calls anew.
 *
 * @returns the url and the format, which are written together: a format was acknowledged at one url only. None where
 * nobody had to be called.
 */
async function verifyChange(
  deps: GatewayDeps,
  app: AppId,
  wanted: RegistrationChange,
): Promise<{ callbackUrl?: string; format?: GatewayFormat }> {
  const { eventTag, callbackUrl, isNewUrl } = await plan(deps.db, app, wanted);
  const { caller, format } = wanted;
  if (!isNewUrl && format === undefined) return {};
  const formats = await verifyCallback(deps.testCalls, { caller, eventTags: [eventTag], callbackUrl, format });
  return { callbackUrl, format: formats.get(eventTag) };
}

/** What the registration comes to be. */
async function plan(
  db: Knex,
  app: AppId,
  { id, ...wanted }: Pick<RegistrationChange, 'id' | 'eventTag' | 'callbackUrl'>,
) {
  const known = await findGatewayRegistration(db, app, id);
  if (!known) throw notFound('registration');
  const eventTag = wanted.eventTag ?? known.eventTag;
  const callbackUrl = wanted.callbackUrl ?? known.callbackUrl;
  await requireFree(db, { app, eventTags: [eventTag], callbackUrl, exceptId: known.id });
  return {
    ...{ eventTag, callbackUrl, format: known.format },
    isNewTag: eventTag !== known.eventTag,
    isNewUrl: callbackUrl !== known.callbackUrl,
  };
}

import { v7 as uuidv7 } from 'uuid';
import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { type GatewayRegistration, toRegistration } from '../../db/gatewayRegistrations';
import { makeOnce } from '../../db/makeOnce';
import { appRow, transactInTurn } from '../../db/rowTurns';
import { auditedSettings } from '../auditedSettings';
import type { Caller } from '../caller';
import { notFound } from '../errors';
import { MESSAGE_POLICY } from '../subscriptions/messagePolicy';
import { writeNew } from '../subscriptions/writes';
import { requireIpCallback } from './callbackUrl';
import type { GatewayDeps } from './deps';
import { ownApp } from './ownApp';
import { requireFree } from './requireFree';
import { verifyCallback } from './verify';

export interface NewRegistrations {
  caller: Caller;
  /** Of the catalogue; repeated ones count once. */
  eventTags: readonly string[];
  /** Perhaps without a scheme. */
  callbackUrl: string;
}

/**
 * One registration for each tag, once the callback has acknowledged the verification of every one; all or none. From
 * the commit on, every matching event is kept.
 *
 * @throws Refusal 400 for a callback that is no IP address or may not be called; 403 for a key that has no app; 409 when
 * the app has one of them already; 422 when the verification fails; 429 when too many test calls are
 * under way.
 */
export async function register(deps: GatewayDeps, wanted: NewRegistrations): Promise<GatewayRegistration[]> {
  const { caller } = wanted;
  const app = ownApp(caller);
  const eventTags = [...new Set(wanted.eventTags)];
  const callbackUrl = requireIpCallback(deps.checkCallbackUrl, wanted.callbackUrl);
  await requireFree(deps.db, { app, eventTags, callbackUrl });
  const formats = await verifyCallback(deps.testCalls, { caller, eventTags, callbackUrl });
  return transactInTurn(deps.db, [appRow(app, 'exclusive')], async (trx) => {
    // Registrations of one app come one after another: of two alike, the second finds the first.
    if (!(await lockApp(trx, app, 'exclusive'))) throw notFound('app');
    return makeOnce(trx, async () => {
      await requireFree(trx, { app, eventTags, callbackUrl });
      const made: GatewayRegistration[] = [];
      for (const [topic, format] of formats) {
        const subscription = await writeNew(trx, deps, {
          ...MESSAGE_POLICY,
          ...app,
          id: uuidv7(),
          interface: 'gateway',
          callbackUrl,
          topics: [{ topic }],
          interfaceData: { format },
        });
        made.push(toRegistration(subscription, format));
      }
      const change = {
        is: 'made',
        ids: made.map(({ id }) => id),
        ...auditedSettings({ callbackUrl, topics: eventTags }),
      };
      await audit(trx, { object: 'subscription', id: made[0]?.id ?? '', of: app, change });
      return made;
    });
  });
}

import { lockApp } from '../../db/apps';
import { audit } from '../../db/audit';
import { findGatewayRegistration } from '../../db/gatewayRegistrations';
import { appRow, steerInTurn, subscriptionRow } from '../../db/rowTurns';
import type { Caller } from '../caller';
import { notFound } from '../errors';
import { writeDeletion } from '../subscriptions/writes';
import type { GatewayDeps } from './deps';
import { ownApp } from './ownApp';

/**
 * Nothing more is sent for it; what has failed stays in the failed list.
 *
 * @throws Refusal 403 for a key that has no app; 404 for what is no registration of the app's.
 */
export async function remove(deps: GatewayDeps, { caller, id }: { caller: Caller; id: string }): Promise<void> {
  const app = ownApp(caller);
  // Before its turn: an id of somebody else must not make its owner wait.
  if (!(await findGatewayRegistration(deps.db, app, id))) throw notFound('registration');
  await steerInTurn(deps, [appRow(app, 'share'), subscriptionRow(id)], async (trx) => {
    if (!(await lockApp(trx, app, 'share'))) throw notFound('app');
    if (!(await findGatewayRegistration(trx, app, id))) throw notFound('registration');
    await audit(trx, { object: 'subscription', id, of: app, change: { is: 'deleted' } });
    await writeDeletion(trx, id);
  });
  deps.commands.sweepCancellations();
}

import type { CarrierStep } from '../src/contracts/carrying';
import type { DeliveryCarrier } from '../src/contracts/ids';
import { type Actor, asActor } from '../src/db/actor';
import { cancelDelivery } from '../src/db/carrying/steer';
import type { Steer } from '../src/db/steerings';
import { temporalActor } from './temporalActor';

/** Cancels a delivery for somebody in the Temporal UI; one that is finished stays as it is. Local activity. */
export function createCancel({ steer, onAudited }: { steer: Steer; onAudited: Actor['onAudited'] }) {
  return async function cancel({ deliveryId }: DeliveryCarrier): Promise<CarrierStep> {
    const result = await asActor(temporalActor('cancel', onAudited), () =>
      cancelDelivery(steer, { deliveryId, reason: 'cancelled in Temporal', isAct: true }),
    );
    const isDelivered = result.kind === 'refused' && result.state === 'delivered';
    return { next: 'end', outcome: isDelivered ? 'delivered' : 'cancelled' };
  };
}

import type { CarrierStep } from '../src/contracts/carrying';
import type { DeliveryCarrier } from '../src/contracts/ids';
import { cancelDelivery } from '../src/db/carrying/steer';
import type { Steer } from '../src/db/steerings';

/** Cancels a delivery for somebody in the Temporal UI; one that is finished stays as it is. Local activity. */
export function createCancel({ steer }: { steer: Steer }) {
  return async function cancel({ deliveryId }: DeliveryCarrier): Promise<CarrierStep> {
    const result = await cancelDelivery(steer, { deliveryId, reason: 'cancelled in Temporal' });
    const isDelivered = result.kind === 'refused' && result.state === 'delivered';
    return { next: 'end', outcome: isDelivered ? 'delivered' : 'cancelled' };
  };
}

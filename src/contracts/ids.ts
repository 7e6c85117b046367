/** What tenants cause runs on one task queue: any worker can take over what another one carried. */
export const TASK_QUEUE = 'postrider';
/** The activities of reconcile and retention: no lane of a tenant can hold their slots. */
export const MAINTENANCE_TASK_QUEUE = 'postrider-maintenance';

export const RECONCILE_ID = 'reconcile';
export const RETENTION_ID = 'retention';

export interface DeliveryCarrier {
  deliveryId: string;
  generation: number;
}

/**
 * The generation is in the id, so that a carrier that Temporal still holds can never be taken for its successor:
 * a start under an id that was used once is refused.
 */
export function deliveryWorkflowId({ deliveryId, generation }: DeliveryCarrier): string {
  return generation === 1 ? `delivery/${deliveryId}` : `delivery/${deliveryId}/${generation}`;
}

export function consignmentWorkflowId(uuid: string): string {
  return `consignment/${uuid}`;
}

/** One for an event: whoever finds it unfinished asks for the same. */
export function fanOutWorkflowId({ eventId }: { eventId: string }): string {
  return `fan-out/${eventId}`;
}

/** Topics are percent-encoded, so that a topic with a slash cannot name another lane. */
export function laneWorkflowId({ subscriptionId, topic }: { subscriptionId: string; topic: string }): string {
  return topic === '' ? `lane/${subscriptionId}` : `lane/${subscriptionId}/${encodeURIComponent(topic)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The UTC day ("YYYY-MM-DD") that the partitions use, out of an id: its first 48 bits are its milliseconds (RFC 9562, 5.7). */
export function dayOfId(id: string): string {
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toISOString().slice(0, 10);
}

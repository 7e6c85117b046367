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

/** What an operator knows a workflow by. */
export interface WorkflowWords {
  tenantId: string;
  appId: string;
  topic: string;
}

/**
 * Escaped characters that an id keeps of each word: with its short id and its generation it stays below 255, the width of
 * Temporal's column in PostgreSQL and MySQL. A start with a longer id fails there.
 */
const MAX_NAME = 40;
const MAX_TOPIC = 80;

/**
 * The generation is in the id, so that a carrier that Temporal still holds can never be taken for its successor:
 * a start under an id that was used once is refused.
 */
export function deliveryWorkflowId({ deliveryId, generation }: DeliveryCarrier, words: WorkflowWords): string {
  const id = `delivery/${prefixOf(words)}/${topicOf(words)}/${shortId(deliveryId)}`;
  return generation === 1 ? id : `${id}/${generation}`;
}

export function consignmentWorkflowId(uuid: string): string {
  return `consignment/${uuid}`;
}

/** One for an event: whoever finds it unfinished asks for the same. */
export function fanOutWorkflowId(event: { eventId: string; tenantId: string; topic: string }): string {
  return `fan-out/${word(event.tenantId, MAX_NAME)}/${topicOf(event)}/${shortId(event.eventId)}`;
}

/** @param words its topic is '' for the one lane of a subscription that is not ordered. */
export function laneWorkflowId(subscriptionId: string, words: WorkflowWords): string {
  const topic = words.topic === '' ? '' : `/${topicOf(words)}`;
  return `lane/${prefixOf(words)}${topic}/${shortId(subscriptionId)}`;
}

/*
 * The ids of before workflows were named by words: those that ran when an installation was upgraded keep them to their end
 * (decisions/0024). Both functions can go when no installation is upgraded from there any more.
 */

export function unnamedDeliveryWorkflowId({ deliveryId, generation }: DeliveryCarrier): string {
  return generation === 1 ? `delivery/${deliveryId}` : `delivery/${deliveryId}/${generation}`;
}

export function unnamedLaneWorkflowId({ subscriptionId, topic }: { subscriptionId: string; topic: string }): string {
  return topic === '' ? `lane/${subscriptionId}` : `lane/${subscriptionId}/${encodeURIComponent(topic)}`;
}

const prefixOf = ({ tenantId, appId }: WorkflowWords) => `${word(tenantId, MAX_NAME)}/${word(appId, MAX_NAME)}`;
const topicOf = ({ topic }: Pick<WorkflowWords, 'topic'>) => word(topic, MAX_TOPIC);

/**
 * What somebody else chose, percent-encoded: a slash cannot name another workflow, nor a quote end a filter of Temporal's
 * list. One that is too long ends with "~", which is never part of an escaped word.
 */
function word(text: string, maxLength: number): string {
  const escaped = encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')).replace(
    /[!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  if (escaped.length <= maxLength) return escaped;
  return `${escaped.slice(0, maxLength - 1).replace(/%.?$/, '')}~`;
}

/** Where the 74 random bits of an id of RFC 9562 version 7 begin; what is before them is its time. */
const RANDOM_FROM = 15;

/** The end of a UUID, by which an operator recognizes it. It is unique beside the same words: it holds all random bits. */
function shortId(id: string): string {
  return isUuid(id) ? id.slice(RANDOM_FROM) : id;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Milliseconds since 1970, out of an id: its first 48 bits (RFC 9562, 5.7). */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** The UTC day ("YYYY-MM-DD") that the partitions use. */
export function dayOfId(id: string): string {
  return new Date(timeOfId(id)).toISOString().slice(0, 10);
}

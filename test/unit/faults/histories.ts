import type { Entry, NewEntry } from '../../../faults/journal/entries';

/** Entries one millisecond apart, the first at 1. */
export function journalOf(...entries: NewEntry[]): Entry[] {
  return entries.map((entry, index) => ({ atMs: index + 1, ...entry }) as Entry);
}

export const TENANT = 'a';
export const TOPIC = 'gs';

export const subscription = (more: Partial<Extract<NewEntry, { kind: 'subscription' }>> = {}): NewEntry => ({
  kind: 'subscription',
  path: '/s',
  tenantId: TENANT,
  topics: [TOPIC],
  ordered: false,
  held: false,
  ...more,
});

export const publish = (key: string, tenantId = TENANT): NewEntry => ({
  kind: 'publish',
  key,
  tenantId,
  topic: TOPIC,
});

export const answered = (key: string, eventId = `event-${key}`): NewEntry => ({
  kind: 'published',
  key,
  outcome: 'ok',
  status: 200,
  eventId,
  tookMs: 1,
});

export const unknown = (key: string): NewEntry => ({
  kind: 'published',
  key,
  outcome: 'unknown',
  status: null,
  eventId: null,
  tookMs: 15_000,
});

export const refused = (key: string): NewEntry => ({
  kind: 'published',
  key,
  outcome: 'fail',
  status: 400,
  eventId: null,
  tookMs: 1,
});

let lastReceipt = 0;

/** A callback and its answer. */
export function callback(
  key: string,
  {
    path = '/s',
    status = 200,
    deliveryId = `delivery-${key}${path}`,
    eventId = `event-${key}`,
    tenantId = TENANT,
  }: Partial<{ path: string; status: number; deliveryId: string; eventId: string; tenantId: string }> = {},
): [NewEntry, NewEntry] {
  const receipt = ++lastReceipt;
  return [
    { kind: 'receipt', receipt, path, deliveryId, key, eventId, tenantId },
    { kind: 'answer', receipt, status },
  ];
}

export const fault: NewEntry = { kind: 'fault', what: 'something' };
export const healed: NewEntry = { kind: 'healed', what: 'something' };

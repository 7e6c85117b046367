import type { Entry, Outcome } from '../journal/entries';

/** One event, over all tries of its producer. */
export interface Publish {
  key: string;
  tenantId: string;
  topic: string;
  /** Its first try began. */
  sentMs: number;
  /** It was answered with 000; null: never. */
  answeredMs: number | null;
  /** `unknown`: some try may have stored it, none was answered with 000. */
  outcome: Outcome;
  /** Tries that may have stored it or not. */
  unknownTries: number;
  /** Every id that it was answered with. */
  eventIds: Set<string>;
  /** The longest that one try waited for its answer. */
  slowestMs: number;
}

export interface Receipt {
  path: string;
  deliveryId: string;
  key: string;
  eventId: string | null;
  tenantId: string;
  arrivedMs: number;
  /** null: not answered. */
  answeredMs: number | null;
  isAcknowledged: boolean;
}

export interface Subscription {
  path: string;
  tenantId: string;
  topics: string[];
  ordered: boolean;
  /** Nothing may arrive of a topic before its release. */
  held: boolean;
}

export interface History {
  publishes: Map<string, Publish>;
  subscriptions: Map<string, Subscription>;
  /** In order of arrival. */
  receipts: Receipt[];
  /** By path and topic: the first call of historyProcessed began. */
  releases: Map<string, number>;
  /** One that never healed lasts to the end. */
  faults: { what: string; stopsCallers: boolean; fromMs: number; toMs: number }[];
}

export function releaseKey(path: string, topic: string): string {
  return `${path} ${topic}`;
}

export function matches({ tenantId, topics }: Subscription, publish: Publish): boolean {
  return tenantId === publish.tenantId && topics.includes(publish.topic);
}

/** What a journal tells, put together. */
export function readHistory(entries: readonly Entry[]): History {
  const history: History = {
    publishes: new Map(),
    subscriptions: new Map(),
    receipts: [],
    releases: new Map(),
    faults: [],
  };
  const receipts = new Map<number, Receipt>();
  for (const entry of entries) add(entry, history, receipts);
  return history;
}

function add(entry: Entry, history: History, receipts: Map<number, Receipt>): void {
  switch (entry.kind) {
    case 'subscription':
      history.subscriptions.set(entry.path, entry);
      return;
    case 'publish':
      // Many producers may use one key.
      if (history.publishes.has(entry.key)) return;
      history.publishes.set(entry.key, {
        key: entry.key,
        tenantId: entry.tenantId,
        topic: entry.topic,
        sentMs: entry.atMs,
        answeredMs: null,
        // Until a try says otherwise: its driver may have ended in the midst of the first one.
        outcome: 'unknown',
        unknownTries: 0,
        eventIds: new Set(),
        slowestMs: 0,
      });
      return;
    case 'published':
      addTry(entry, history.publishes.get(entry.key));
      return;
    case 'receipt': {
      const { path, deliveryId, key, eventId, tenantId, atMs } = entry;
      const receipt = { path, deliveryId, key, eventId, tenantId, arrivedMs: atMs };
      receipts.set(entry.receipt, { ...receipt, answeredMs: null, isAcknowledged: false });
      history.receipts.push(receipts.get(entry.receipt) as Receipt);
      return;
    }
    case 'answer': {
      const receipt = receipts.get(entry.receipt);
      if (!receipt) throw new Error(`the journal answers receipt ${entry.receipt}, which it does not have`);
      receipt.answeredMs = entry.atMs;
      receipt.isAcknowledged = entry.status >= 200 && entry.status < 300;
      return;
    }
    case 'release': {
      const key = releaseKey(entry.path, entry.topic);
      if (!history.releases.has(key)) history.releases.set(key, entry.atMs);
      return;
    }
    case 'fault': {
      const { what, stopsCallers = false, atMs } = entry;
      history.faults.push({ what, stopsCallers, fromMs: atMs, toMs: Number.POSITIVE_INFINITY });
      return;
    }
    case 'healed':
      for (const fault of history.faults) {
        if (fault.what === entry.what && fault.toMs === Number.POSITIVE_INFINITY) fault.toMs = entry.atMs;
      }
      return;
    default:
      entry satisfies never;
  }
}

function addTry(entry: Extract<Entry, { kind: 'published' }>, publish: Publish | undefined): void {
  if (!publish) throw new Error(`the journal answers ${entry.key}, which it never published`);
  publish.slowestMs = Math.max(publish.slowestMs, entry.tookMs);
  if (entry.eventId !== null) publish.eventIds.add(entry.eventId);
  if (entry.outcome === 'unknown') publish.unknownTries++;
  if (entry.outcome === 'ok') publish.answeredMs ??= entry.atMs;
  if (publish.answeredMs !== null) publish.outcome = 'ok';
  else publish.outcome = publish.unknownTries > 0 ? 'unknown' : entry.outcome;
}

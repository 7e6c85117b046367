import type { Database } from '../db/database';
import { loadSubscriptionSnapshots, type SubscriptionSnapshot } from '../db/subscriptionSnapshots';
import type { SecretBox } from './secretBox';

const DEFAULT_CAPACITY = 10_000;

/** What an attempt needs to know of its subscription. */
export interface SubscriptionConfig extends Omit<SubscriptionSnapshot, 'secrets'> {
  /** Host and port of the callback, as its URL writes them. */
  callbackHost: string;
  /** Newest first; see `liveSecrets`. */
  secrets: readonly { secret: string; expiresAtMs: number | null }[];
}

export interface SubscriptionCache {
  /**
   * @returns the subscription in this version or a later one, also when it is deleted.
   * @throws {Error} when there is none of this id, or a secret cannot be opened; or the database's error.
   */
  get(id: string, version: number): Promise<SubscriptionConfig>;
  /** It was changed: whoever asks for any version gets the newest. */
  forget(id: string): void;
}

/** The secrets to sign with at `nowMs` (corrected to the database's clock), newest first. */
export function liveSecrets(config: Pick<SubscriptionConfig, 'secrets'>, nowMs: number): string[] {
  return config.secrets
    .filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
    .map(({ secret }) => secret);
}

interface CacheOptions {
  db: Database;
  secretBox: SecretBox;
  /** Subscriptions kept; the one unused for longest goes first. Default 10,000. */
  capacity?: number;
}

interface Wanted {
  version: number;
  loaded: Promise<SubscriptionConfig>;
  resolve(config: SubscriptionConfig): void;
  reject(error: unknown): void;
}

/**
 * Keeps subscriptions by (id, version): a version never changes what it says, so nothing here goes out of date.
 * One query is under way at a time; what is asked for meanwhile gathers and shares the next one.
 */
export function createSubscriptionCache({
  db,
  secretBox,
  capacity = DEFAULT_CAPACITY,
}: CacheOptions): SubscriptionCache {
  // In order of use: a Map keeps the order in which its keys were set.
  const kept = new Map<string, SubscriptionConfig>();
  let wanted = new Map<string, Wanted>();
  let loading = false;

  function keep(config: SubscriptionConfig): void {
    kept.delete(config.id);
    kept.set(config.id, config);
    if (kept.size <= capacity) return;
    const oldest = kept.keys().next();
    if (!oldest.done) kept.delete(oldest.value);
  }

  /** A query that is already under way may have read an older version: whoever asks now takes part in the next one. */
  async function loadWanted(): Promise<void> {
    loading = true;
    while (wanted.size > 0) {
      const batch = wanted;
      wanted = new Map();
      try {
        const snapshots = await loadSubscriptionSnapshots(db, [...batch.keys()]);
        const found = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]));
        for (const [id, entry] of batch) settle(entry, id, found.get(id));
      } catch (error) {
        for (const entry of batch.values()) entry.reject(error);
      }
    }
    loading = false;
  }

  function settle(entry: Wanted, id: string, snapshot: SubscriptionSnapshot | undefined): void {
    if (!snapshot || snapshot.version < entry.version) {
      entry.reject(new Error(`subscription ${id} is not there in version ${entry.version}`));
      return;
    }
    try {
      const config = toConfig(snapshot, secretBox);
      keep(config);
      entry.resolve(config);
    } catch (error) {
      entry.reject(error);
    }
  }

  return {
    forget: (id) => void kept.delete(id),
    get(id, version) {
      const known = kept.get(id);
      if (known && known.version >= version) {
        keep(known);
        return Promise.resolve(known);
      }
      let entry = wanted.get(id);
      if (!entry) {
        entry = newEntry(version);
        wanted.set(id, entry);
        // In a turn of its own, so that all who ask in this one share the query.
        if (!loading && wanted.size === 1) setImmediate(() => void loadWanted());
      }
      entry.version = Math.max(entry.version, version);
      return entry.loaded;
    },
  };
}

function newEntry(version: number): Wanted {
  const entry: Partial<Wanted> = { version };
  const loaded = new Promise<SubscriptionConfig>((resolve, reject) => Object.assign(entry, { resolve, reject }));
  return Object.assign(entry as Wanted, { loaded });
}

function toConfig(snapshot: SubscriptionSnapshot, secretBox: SecretBox): SubscriptionConfig {
  return {
    ...snapshot,
    callbackHost: new URL(snapshot.callbackUrl).host,
    secrets: snapshot.secrets.map((sealed) => ({
      secret: secretBox.open(sealed, snapshot.id),
      expiresAtMs: sealed.expiresAtMs,
    })),
  };
}

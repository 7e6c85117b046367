import { timingSafeEqual } from 'node:crypto';
import type { Knex } from 'knex';
import { findKey, type StoredKey } from '../../db/keys';
import type { Caller } from '../caller';
import { createKeyLookup } from './keyLookup';
import { hashSecret, parseKey } from './secret';

/** A revoked key is refused at most this long after; counted from before the read, so that nothing adds to it. */
const CACHE_MS = 5000;
/** Beyond this age a key in use is read again beside the call, so that no call waits for it. */
const REFRESH_MS = 2500;
const MAX_CACHED = 10_000;

/** Compared when there is nothing to compare with, so that an unknown id takes as long as a wrong secret. */
const NO_HASH = Buffer.alloc(32);

interface Entry {
  readAtMs: number;
  hash: Buffer;
  /** null: no such key, or revoked. */
  caller: Caller | null;
}

/**
 * Who makes a call with this `Authorization` value (a key as it is, or as `Bearer <key>`); null for nobody.
 * Answers without a promise when the key is known, which is the hot path.
 *
 * @throws a database error when the key cannot be read.
 */
export type Authenticate = (authorization: string | undefined) => Caller | null | Promise<Caller | null>;

export function createAuthenticator(db: Knex, { nowMs = () => performance.now() } = {}): Authenticate {
  // Known and unknown ids are kept apart, so that a flood of made-up ids cannot push the real ones out.
  const known = new Map<string, Entry>();
  const unknown = new Map<string, Entry>();
  const reading = new Map<string, Promise<Entry>>();
  const lookUp = createKeyLookup(db);

  function cached(id: string): Entry | undefined {
    const entry = known.get(id) ?? unknown.get(id);
    return entry && nowMs() - entry.readAtMs < CACHE_MS ? entry : undefined;
  }

  function keep(id: string, entry: Entry): void {
    const [into, other] = entry.caller ? [known, unknown] : [unknown, known];
    other.delete(id);
    into.delete(id);
    into.set(id, entry);
    if (into.size > MAX_CACHED) {
      const oldest = into.keys().next();
      if (!oldest.done) into.delete(oldest.value);
    }
  }

  /** Concurrent reads of one key share a query. */
  function read(id: string): Promise<Entry> {
    const underWay = reading.get(id);
    if (underWay) return underWay;
    // One that was real is read on its own: it waits for no stranger's.
    const find = known.has(id) ? () => findKey(db, id) : () => lookUp(id);
    const query = readEntry(find, nowMs)
      .then((entry) => {
        keep(id, entry);
        return entry;
      })
      .finally(() => reading.delete(id));
    reading.set(id, query);
    return query;
  }

  return (authorization) => {
    const parts = parseKey(withoutScheme(authorization ?? ''));
    if (!parts) return null;
    const entry = cached(parts.id);
    if (!entry) return read(parts.id).then((fresh) => check(fresh, parts.secret));
    // A failed refresh is no fault of this call; the one that finds the entry expired reports it.
    if (entry.caller && nowMs() - entry.readAtMs > REFRESH_MS) read(parts.id).catch(() => undefined);
    return check(entry, parts.secret);
  };
}

const BEARER = /^Bearer +/i;

function withoutScheme(authorization: string): string {
  return authorization.replace(BEARER, '');
}

function check(entry: Entry, secret: string): Caller | null {
  return timingSafeEqual(entry.hash, hashSecret(secret)) ? entry.caller : null;
}

async function readEntry(find: () => Promise<StoredKey | null>, nowMs: () => number): Promise<Entry> {
  const readAtMs = nowMs();
  const key = await find();
  if (!key || key.revokedAt) return { readAtMs, hash: NO_HASH, caller: null };
  const { id, tenantId, appId, roles, subject } = key;
  return { readAtMs, hash: key.secretHash, caller: { keyId: id, tenantId, appId, roles, subject } };
}

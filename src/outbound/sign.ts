import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { LruMap } from '../domain/lruMap';

const PREFIX = 'whsec_';
/** Standard Webhooks: a secret has 24 to 64 bytes. */
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;
const MAX_CACHED_KEYS = 10_000;

const keys = new LruMap<string, KeyObject>(MAX_CACHED_KEYS);

export interface SignatureHeaders {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
}

/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, one
 * `v1,<base64>` per secret, separated by spaces, in the order of `secrets`.
 *
 * @param id the delivery id, without a dot: the dot separates what is signed.
 * @param body exactly what is sent; a string counts as its UTF-8 bytes.
 * @param timestampS time of the attempt, in seconds since 1970.
 * @param secrets the live secrets (`whsec_…`), newest first.
 * @throws {Error} when a secret is not one.
 */
export function signatureHeaders(message: {
  id: string;
  body: string | Uint8Array;
  timestampS: number;
  secrets: readonly string[];
}): SignatureHeaders {
  const timestamp = String(Math.floor(message.timestampS));
  const signedPrefix = `${message.id}.${timestamp}.`;
  const signatures = message.secrets.map((secret) => {
    const hmac = createHmac('sha256', signingKey(secret)).update(signedPrefix).update(message.body);
    return `v1,${hmac.digest('base64')}`;
  });
  return { 'webhook-id': message.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/**
 * The HMAC key of a `whsec_…` secret. Kept for the next call: every attempt needs it.
 *
 * @throws {Error} when it has not the form, or not 24 to 64 bytes; the message does not repeat the secret.
 */
export function signingKey(secret: string): KeyObject {
  const known = keys.get(secret);
  if (known) return known;
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  const bytes = Buffer.from(encoded, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded) || bytes.length < MIN_KEY_BYTES || bytes.length > MAX_KEY_BYTES) {
    throw new Error(`a signing secret is ${PREFIX} and the base64 of ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} bytes`);
  }
  const key = createSecretKey(bytes);
  keys.set(secret, key);
  return key;
}

/** A new signing secret: `whsec_` and the base64 of 32 random bytes. */
export function newSigningSecret(): string {
  return PREFIX + randomBytes(32).toString('base64');
}

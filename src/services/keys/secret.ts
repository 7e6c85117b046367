import { createHash, randomBytes } from 'node:crypto';

const KEY = /^pr_([A-Za-z0-9]+)_([A-Za-z0-9_-]{32,})$/;
const MAX_LENGTH = 512;

export interface KeyParts {
  id: string;
  secret: string;
}

/** null for a text that is no key at all. */
export function parseKey(text: string): KeyParts | null {
  if (text.length > MAX_LENGTH) return null;
  const match = KEY.exec(text);
  return match?.[1] && match[2] ? { id: match[1], secret: match[2] } : null;
}

export function formatKey({ id, secret }: KeyParts): string {
  return `pr_${id}_${secret}`;
}

/** 256 random bits: no slow hash is needed, and none could be afforded on every call. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

export function newKeyParts(): KeyParts {
  return { id: randomBytes(12).toString('hex'), secret: randomBytes(32).toString('base64url') };
}

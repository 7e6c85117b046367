import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** A secret as it is stored. */
export interface Sealed {
  /** Nonce, tag, encrypted text. */
  ciphertext: Buffer;
  /** Which key it was sealed with. */
  keyId: string;
}

/** Keeps signing secrets encrypted at rest. */
export interface SecretBox {
  /** Of the key, and says nothing about it. */
  readonly keyId: string;
  /** `context` is bound to it: opened under another one, it is refused. */
  seal(text: string, context: string): Sealed;
  /** @throws {Error} when it was sealed with another key or context, or was changed. */
  open(sealed: Sealed, context: string): string;
}

/** AES-256-GCM under one key of 32 bytes (`SECRETS_KEY`). */
export function createSecretBox(key: Buffer): SecretBox {
  if (key.length !== KEY_BYTES) throw new Error(`a secrets key has ${KEY_BYTES} bytes`);
  const keyId = createHash('sha256').update('postrider secrets key').update(key).digest('hex').slice(0, 16);
  return {
    keyId,
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return { ciphertext: Buffer.concat([nonce, cipher.getAuthTag(), encrypted]), keyId };
    },
    open(sealed, context) {
      if (sealed.keyId !== keyId) throw new Error(`a secret was sealed with key ${sealed.keyId}, this is ${keyId}`);
      const nonce = sealed.ciphertext.subarray(0, NONCE_BYTES);
      const tag = sealed.ciphertext.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
      const encrypted = sealed.ciphertext.subarray(NONCE_BYTES + TAG_BYTES);
      return decipher.update(encrypted, undefined, 'utf8') + decipher.final('utf8');
    },
  };
}

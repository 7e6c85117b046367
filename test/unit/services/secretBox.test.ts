import { randomBytes } from 'node:crypto';
import { createSecretBox } from '../../../src/services/secretBox';

const box = createSecretBox(randomBytes(32));

test('opens what it sealed, which shows nothing of it and is never the same', () => {
  const sealed = box.seal('whsec_übergeheim', 'subscription 1');
  expect(box.open(sealed, 'subscription 1')).toBe('whsec_übergeheim');
  expect(sealed.ciphertext.includes('whsec')).toBe(false);
  expect(sealed.keyId).toBe(box.keyId);
  expect(box.seal('whsec_übergeheim', 'subscription 1').ciphertext).not.toEqual(sealed.ciphertext);
});

test('refuses what was sealed for another context, with another key, or was changed', () => {
  const sealed = box.seal('text', 'a');
  expect(() => box.open(sealed, 'b')).toThrow();
  const other = createSecretBox(randomBytes(32));
  expect(other.keyId).not.toBe(box.keyId);
  expect(() => other.open(sealed, 'a')).toThrow(/sealed with key/);
  expect(() => other.open({ ...sealed, keyId: other.keyId }, 'a')).toThrow();
  for (let at = 0; at < sealed.ciphertext.length; at++) {
    const changed = Buffer.from(sealed.ciphertext);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(() => box.open({ ...sealed, ciphertext: changed }, 'a')).toThrow();
  }
  expect(() => box.open({ ...sealed, ciphertext: Buffer.alloc(3) }, 'a')).toThrow();
});

test('takes keys of 32 bytes, and knows each by its id', () => {
  expect(() => createSecretBox(randomBytes(31))).toThrow(/32 bytes/);
  const key = randomBytes(32);
  expect(createSecretBox(key).keyId).toBe(createSecretBox(Buffer.from(key)).keyId);
});

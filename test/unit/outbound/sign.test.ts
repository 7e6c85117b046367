import { Webhook } from 'standardwebhooks';
import { newSigningSecret, signatureHeaders, signingKey } from '../../../src/outbound/sign';

const nowS = Math.floor(Date.now() / 1000);
const body = '{"id":"d1","text":"政务 ✓"}';

test('a Standard Webhooks library verifies a signature, for text and for bytes', () => {
  const secret = newSigningSecret();
  const message = { id: 'd1', timestampS: nowS, secrets: [secret] };
  const headers = signatureHeaders({ ...message, body });
  expect(new Webhook(secret).verify(body, { ...headers })).toEqual(JSON.parse(body));
  expect(signatureHeaders({ ...message, body: Buffer.from(body) })).toEqual(headers);
});

test('while a secret is rotated, the old and the new one verify, in the order given', () => {
  const [newer, older] = [newSigningSecret(), newSigningSecret()];
  const headers = signatureHeaders({ id: 'd1', timestampS: nowS, body, secrets: [newer, older] });
  for (const secret of [newer, older]) new Webhook(secret).verify(body, { ...headers });
  expect(headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$/);
  const alone = signatureHeaders({ id: 'd1', timestampS: nowS, body, secrets: [newer] });
  expect(headers['webhook-signature'].split(' ')[0]).toBe(alone['webhook-signature']);
});

test('another secret, body, id or time does not verify', () => {
  const secret = newSigningSecret();
  const headers = { ...signatureHeaders({ id: 'd1', timestampS: nowS, body, secrets: [secret] }) };
  const verify = (key: string, text: string, changed = {}) => new Webhook(key).verify(text, { ...headers, ...changed });
  expect(() => verify(newSigningSecret(), body)).toThrow('No matching signature');
  expect(() => verify(secret, `${body} `)).toThrow('No matching signature');
  expect(() => verify(secret, body, { 'webhook-id': 'd2' })).toThrow('No matching signature');
  expect(() => verify(secret, body, { 'webhook-timestamp': String(nowS - 1) })).toThrow('No matching signature');
});

test('the published vector of Standard Webhooks', () => {
  const headers = signatureHeaders({
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampS: 1614265330,
    body: '{"test": 2432232314}',
    secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
  });
  expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('the timestamp is in whole seconds, as it is signed', () => {
  const secret = newSigningSecret();
  const headers = signatureHeaders({ id: 'd1', timestampS: nowS + 0.75, body, secrets: [secret] });
  expect(headers['webhook-timestamp']).toBe(String(nowS));
  new Webhook(secret).verify(body, { ...headers });
});

test('a new secret has 32 bytes, and no other has the same', () => {
  const secret = newSigningSecret();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(signingKey(secret).symmetricKeySize).toBe(32);
  expect(newSigningSecret()).not.toBe(secret);
});

test.each(['', 'whsec_', 'whsec_c2hvcnQ=', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_not base64 at all, it is text!'])(
  '%j is not a secret, and the error does not repeat it',
  (secret) => {
    expect(() => signingKey(secret)).toThrow('a signing secret is whsec_ and the base64 of 24 to 64 bytes');
  },
);

import { CallFault, classifyFault } from '../../../src/outbound/classifyFault';
import { tlsReason } from '../../../src/outbound/tlsReason';

const errorOf = (code: string, message = 'as it was') => Object.assign(new Error(message), { code });

test.each([
  ['ECONNREFUSED', 'refused'],
  ['EMFILE', 'unsent'],
  ['ENFILE', 'unsent'],
  ['ENOBUFS', 'unsent'],
  ['ENOMEM', 'unsent'],
  ['EHOSTUNREACH', 'refused'],
  ['ENETUNREACH', 'refused'],
  ['ETIMEDOUT', 'timeout'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['WHAT_IS_THIS', 'reset'],
])('%s is %s', (code, fault) => {
  expect(classifyFault(errorOf(code))).toMatchObject({ fault, message: expect.stringMatching(/\w/) });
});

test('the attempts on several addresses of a name count by the first', () => {
  const error = Object.assign(new AggregateError([errorOf('ECONNREFUSED')]), { code: 'ECONNREFUSED' });
  expect(classifyFault(error)).toEqual({ fault: 'refused', message: 'connection refused (ECONNREFUSED)' });
});

test('what a certificate says is one bounded line without control characters', () => {
  const { message } = classifyFault(new CallFault('tls', `names: a\u0000b\r\nc\u001b[31m${'x'.repeat(5_000)}`));
  expect(message).toMatch(/^names: a b c \[31mx+$/);
  expect(message.length).toBeLessThanOrEqual(300);
});

describe('OpenSSL', () => {
  const LOCATED =
    'C0C7:error:0A000086:SSL routines:tls_post_process:certificate verify failed:../deps/openssl/a.c:1889:';
  const sslError = (code: string, reason = '') => Object.assign(new Error(LOCATED), { code, reason });

  test.each([
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'sslv3 alert handshake failure', 'sslv3 alert handshake failure'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'wrong version number', 'it does not speak TLS on this port'],
    ['CERT_HAS_EXPIRED', '', 'its certificate has expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "Host: a. is not in the cert's altnames: DNS:b", 'DNS:b'],
    ['ERR_SSL_ANYTHING', '../deps/openssl/a.c:1889', 'ERR_SSL_ANYTHING'],
  ])('%s (%s) is told as: %s', (code, reason, words) => {
    const told = tlsReason(sslError(code, reason));
    expect(told).toContain(words);
    expect(told).not.toMatch(/deps|SSL routines|:error:/);
  });

  test('an alert after the handshake is a fault of TLS too, without a file name', () => {
    const { fault, message } = classifyFault(
      sslError('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tlsv13 alert certificate required'),
    );
    expect({ fault, message }).toEqual({ fault: 'tls', message: 'TLS failed: tlsv13 alert certificate required' });
  });
});

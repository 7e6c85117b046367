/** OpenSSL's and Node's codes that a subscriber can do something about. */
const SENTENCES: Record<string, string> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate is revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'a certificate of its chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its chain of certificates is incomplete',
  UNABLE_TO_GET_ISSUER_CERT: 'its chain of certificates is incomplete',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is of an authority that is not trusted',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks only versions of TLS that are too old',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it speaks only other versions of TLS',
};

/** A reason of OpenSSL's own table, such as "sslv3 alert handshake failure". */
const REASON = /^[a-z0-9 /_-]{1,80}$/i;

/**
 * Why a handshake failed, in words. OpenSSL's message holds its source files and lines; of a name that does not match,
 * Node's says which names the certificate has, and that is what its owner has to know.
 */
export function tlsReason(error: Error & { code?: string; reason?: string }): string {
  const { code = '', reason = '' } = error;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return reason || 'its certificate is for another name';
  const sentence = SENTENCES[code];
  if (sentence) return `${sentence} (${code})`;
  if (REASON.test(reason)) return reason;
  return code || 'the handshake did not succeed';
}

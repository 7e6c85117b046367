/** An HTTP proxy for callbacks. */
export interface EgressProxyConfig {
  host: string;
  port: number;
  /** The value of `Proxy-Authorization`. */
  authorization: string | null;
}

const HTTP_PORT = 80;

/** Reads `http://host:port`, also with a user name and a password, percent-encoded; null for anything else. */
export function parseEgressProxy(text: string): EgressProxyConfig | null {
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text);
  if (protocol !== 'http:' || hostname === '' || pathname !== '/' || search !== '' || hash !== '') return null;
  const credentials = decode(`${username}:${password}`);
  if (credentials === null) return null;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || HTTP_PORT),
    authorization: username === '' ? null : `Basic ${Buffer.from(credentials).toString('base64')}`,
  };
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

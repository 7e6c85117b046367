const ENDPOINT = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:\[([0-9a-f:.]+)\]|([^/:\s\x5b\x5d]+))(?::(\d{1,5}))?\/?$/i;

/** Reads `host:port`, also with a scheme before it and with an IPv6 address in brackets; null for anything else. */
export function parseEndpoint(text: string, defaultPort?: number): { host: string; port: number } | null {
  const [, bracketed, name, digits] = ENDPOINT.exec(text) ?? [];
  const host = bracketed ?? name;
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return null;
  return { host, port };
}

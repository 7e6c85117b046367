import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';

/** Names in lower case, without a dot at their end. */
export type HostsFile = ReadonlyMap<string, readonly LookupAddress[]>;

/** hosts(5): an address and its names on each line; a name that stands on several lines has all their addresses. */
export function parseHosts(text: string): HostsFile {
  const hosts = new Map<string, LookupAddress[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family === 0) continue;
    for (const name of names) {
      const key = name.toLowerCase().replace(/\.$/, '');
      const addresses = hosts.get(key);
      if (addresses) addresses.push({ address, family });
      else hosts.set(key, [{ address, family }]);
    }
  }
  return hosts;
}

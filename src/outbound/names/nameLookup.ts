import type { LookupAddress } from 'node:dns';
import { networkInterfaces } from 'node:os';
import { askServers } from './askServers';
import { parseHosts } from './hostsFile';
import { rememberedFile } from './rememberedFile';
import { rememberedFor } from './rememberedFor';
import { fullNames, parseSearchList } from './searchList';
import { type LookupRequest, SharedLookups } from './sharedLookups';

export type { LookupRequest } from './sharedLookups';

/** Below the timeout of most attempts, so that their record names the cause; far above what a living server needs. */
const DEADLINE_MS = 5_000;

/** RFC 6761: never asked for in DNS, where somebody could answer something else. */
const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** Calls `done` with the addresses of a name, or with an error whose code says why there are none, as `ENOTFOUND` does. */
export type NameLookup = (
  hostname: string,
  request: LookupRequest,
  done: (error: { code?: string } | null, addresses: LookupAddress[]) => void,
) => void;

export interface NameLookupOptions {
  /** DNS servers, as `address:port`. Default: those of /etc/resolv.conf. */
  servers?: readonly string[];
  /** Default /etc/hosts. */
  hostsPath?: string;
  /** Where the search list is. Default /etc/resolv.conf. */
  resolvConfPath?: string;
  /** For one look-up from its turn on. Default 5,000. */
  deadlineMs?: number;
}

/**
 * Looks names up as getaddrinfo does with `hosts: files dns` in nsswitch.conf: in the hosts file, then in DNS with the
 * search list of resolv.conf. Other sources (mDNS, NIS) are not asked. An answer of DNS is kept for its TTL, 60 s at most.
 *
 * `dns.lookup` is not used: each of its look-ups holds one of libuv's threads until it ends. Names whose servers were
 * silent held them all, and every other look-up waited, PostgreSQL's included.
 */
export function createNameLookup({
  servers,
  hostsPath = '/etc/hosts',
  resolvConfPath = '/etc/resolv.conf',
  deadlineMs = DEADLINE_MS,
}: NameLookupOptions = {}): NameLookup {
  const hosts = rememberedFile(hostsPath, parseHosts);
  const searchList = rememberedFile(resolvConfPath, parseSearchList);
  const lookups = new SharedLookups((name) => askServers(fullNames(name, searchList()), { servers, deadlineMs }));

  return (hostname, request, done) => {
    const name = hostname.toLowerCase();
    const bare = name.replace(/\.$/, '');
    const local = hosts().get(bare) ?? (isLocalhost(bare) ? LOOPBACK : null);
    if (local) {
      process.nextTick(done, null, inOrder(local));
      return;
    }
    lookups.find(name, request).then(
      (answer) => (answer.code === null ? done(null, inOrder(answer.addresses)) : done(answer, [])),
      (error: { code?: string }) => done(error, []),
    );
  };
}

function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

/**
 * IPv6 first where this machine has a public IPv6 address, else IPv4 first: what cannot be reached must not cost the
 * first try (the rules of RFC 6724, as far as they matter here).
 */
function inOrder(addresses: readonly LookupAddress[]): LookupAddress[] {
  const first = addresses.length > 1 && hasPublicIpv6() ? 6 : 4;
  return [...addresses].sort((a, b) => Number(b.family === first) - Number(a.family === first));
}

const INTERFACES_MS = 5_000;

/** Global unicast is 2000::/3. */
const hasPublicIpv6 = rememberedFor(INTERFACES_MS, () => {
  const addresses = Object.values(networkInterfaces()).flatMap((some = []) => some);
  return addresses.some(({ internal, family, address }) => !internal && family === 'IPv6' && /^[23]/.test(address));
});

import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;
type Cidr = readonly [network: Address, prefixLength: number];

export interface EgressPolicy {
  /**
   * Why `address` (an IP address as text, without brackets) may not be called, as a noun phrase such as
   * `'loopback address'`; null when it may. What is not an IP address is refused.
   */
  refusalOf(address: string): string | null;
}

/** Where the big clouds answer with credentials. `168.63.129.16` (Azure) lies in public space, the rest does not. */
const METADATA = [
  ...['169.254.169.254/32', '169.254.169.253/32', '169.254.170.2/32', '169.254.170.23/32', '169.254.0.23/32'],
  ...['169.254.42.42/32', '100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32'],
  ...['fd00:ec2::254/128', 'fd00:ec2::23/128', 'fd20:ce::254/128', 'fd00:42::42/128', 'fe80::a9fe:a9fe/128'],
].map(parseCidr);

const OWN_ADDRESSES_MS = 5_000;

const IPV4_COMPATIBLE = parseCidr('::/96');
const GLOBAL_UNICAST = parseCidr('2000::/3');

/** The ranges of ipaddr.js (the IANA special-purpose registries) that need more than their name to be understood. */
const RANGE_NAMES: Record<string, string> = {
  linkLocal: 'link-local address',
  carrierGradeNat: 'carrier-grade NAT address',
  uniqueLocal: 'unique local (private) address',
  deprecatedSiteLocal: 'site-local address',
  ipv4Mapped: 'IPv4-mapped address',
  rfc6145: 'IPv4-translated address',
  rfc6052: 'NAT64 address',
  '6to4': '6to4 address',
  teredo: 'Teredo address',
  segmentRouting: 'segment routing address',
  reserved: 'reserved address (documentation, benchmarking or protocol use)',
};

const TRANSITION_RANGES = new Set(['ipv4Mapped', 'rfc6145', 'rfc6052', '6to4', 'teredo']);

/** Where the transition forms keep the four bytes of their IPv4 address (RFC 6052 section 2.2, RFC 3056). */
const EMBEDDED_BYTES = [
  [12, 13, 14, 15],
  [2, 3, 4, 5],
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
];

/**
 * Decides which addresses may be called: the public ones but for this machine's own, and what `allow` names.
 *
 * @param allow CIDRs that may be called though they are not public. They are compared with the address as it is: an
 * IPv4-mapped or translated form of an allowed IPv4 address stays refused. Cloud metadata stays refused in every form.
 * @param ownAddresses Asked every few seconds, since addresses come and go. Default: those of the network interfaces.
 * @throws {Error} naming the entry, when one is not a CIDR.
 */
export function createEgressPolicy({
  allow,
  ownAddresses = addressesOfInterfaces,
}: {
  allow: readonly string[];
  ownAddresses?: () => string[];
}): EgressPolicy {
  const allowed = allow.map(parseCidr);
  const own = rememberedFor(OWN_ADDRESSES_MS, ownAddresses);
  return {
    refusalOf(address) {
      // isIP before the parser: ipaddr.js also reads 2130706433, 0x7f.1 and 010.0.0.1, each its own way.
      // A zone (fe80::1%eth0) names an interface of this machine.
      if (isIP(address) === 0 || address.includes('%')) return 'not an IP address';
      const parsed = parseAddress(address);
      if (isMetadata(parsed)) return 'cloud metadata address';
      if (isInside(parsed, allowed)) return null;
      // What listens here may trust that whoever comes from here is one of us.
      return specialRangeOf(parsed) ?? (own().has(parsed.toString()) ? 'address of this machine' : null);
    },
  };
}

/** Reading them costs 130 µs, which is much for every connection. */
function rememberedFor(ms: number, read: () => string[]): () => ReadonlySet<string> {
  let known = new Set<string>();
  let readAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - readAtMs > ms) {
      known = new Set(read().map((address) => parseAddress(address).toString()));
      readAtMs = performance.now();
    }
    return known;
  };
}

function addressesOfInterfaces(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
}

function specialRangeOf(address: Address): string | null {
  const range: string = address.range();
  if (range !== 'unicast') return RANGE_NAMES[range] ?? `${range} address`;
  if (address.kind() === 'ipv4' || isInside(address, [GLOBAL_UNICAST])) return null;
  return isInside(address, [IPV4_COMPATIBLE]) ? 'IPv4-compatible address' : 'address outside global unicast';
}

function isMetadata(address: Address): boolean {
  if (isInside(address, METADATA)) return true;
  if (!TRANSITION_RANGES.has(address.range()) && !isInside(address, [IPV4_COMPATIBLE])) return false;
  const bytes = address.toByteArray();
  const teredoClient = bytes.slice(12).map((byte) => byte ^ 0xff);
  const embedded = EMBEDDED_BYTES.map((positions) => positions.map((position) => bytes[position] ?? 0));
  return [...embedded, teredoClient].some((octets) => isInside(new ipaddr.IPv4(octets), METADATA));
}

function isInside(address: Address, cidrs: readonly Cidr[]): boolean {
  return cidrs.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

function parseCidr(text: string): Cidr {
  // Stricter than ipaddr.js, for which 10/8 is 0.0.0.10/8.
  const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const family = isIP(network);
  if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) {
    throw new Error(`"${text}" is not a CIDR such as 10.0.0.0/8 or fd00::/8`);
  }
  return [parseAddress(network), Number(bits)];
}

/** ipaddr.js reads ::127.0.0.1 as ::ffff:127.0.0.1; written in hexadecimal only it reads it right. */
function parseAddress(address: string): Address {
  if (isIP(address) !== 6) return ipaddr.parse(address);
  return ipaddr.parse(new URL(`http://[${address}]`).hostname.slice(1, -1));
}

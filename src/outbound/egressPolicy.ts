import { type Address, type Cidr, formsOf, isInside, isIpv4Compatible, parseCidr, readAddress } from './addresses';
import type { OwnServers } from './ownServers';
import { createThisMachine } from './thisMachine';

export interface EgressPolicy {
  /**
   * Why `port` of `address` (an IP address as text, without brackets) may not be called, as a noun phrase such as
   * `'loopback address'`; null when it may. What is not an IP address is refused.
   */
  refusalOf(address: string, port: number): string | null;
}

/** Where the big clouds answer with credentials. `168.63.129.16` (Azure) lies in public space, the rest does not. */
const METADATA: Cidr[] = [
  ...['169.254.169.254/32', '169.254.169.253/32', '169.254.170.2/32', '169.254.170.23/32', '169.254.0.23/32'],
  ...['169.254.42.42/32', '100.100.100.200/32', '192.0.0.192/32', '168.63.129.16/32'],
  ...['fd00:ec2::254/128', 'fd00:ec2::23/128', 'fd20:ce::254/128', 'fd00:42::42/128', 'fe80::a9fe:a9fe/128'],
].map(parseCidr);

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

export interface EgressPolicyOptions {
  /**
   * CIDRs that may be called though they are not public. They are compared with the address as it is: an IPv4-mapped or
   * translated form of an allowed IPv4 address stays refused. Cloud metadata and the installation's own servers stay
   * refused in every form.
   */
  allow: readonly string[];
  /** Default: none. */
  ownServers?: Pick<OwnServers, 'has'>;
  /** Asked every few seconds, since addresses come and go. Default: those of the network interfaces. */
  ownAddresses?: () => string[];
}

/**
 * Decides which addresses may be called: the public ones but for this machine's own, and what `allow` names.
 *
 * @throws {Error} naming the entry of `allow` that is not a CIDR.
 */
export function createEgressPolicy({ allow, ownServers, ownAddresses }: EgressPolicyOptions): EgressPolicy {
  const allowed = allow.map(parseCidr);
  const machine = createThisMachine(ownAddresses);
  return {
    refusalOf(text, port) {
      const address = readAddress(text);
      if (!address) return 'not an IP address';
      if (isMetadata(address)) return 'cloud metadata address';
      if (ownServers?.has(address, port)) return 'server of this installation';
      if (isInside(address, allowed)) return null;
      // What listens here may trust that whoever comes from here is one of us.
      return specialRangeOf(address) ?? (machine.hasInterface(address) ? 'address of this machine' : null);
    },
  };
}

function specialRangeOf(address: Address): string | null {
  const range: string = address.range();
  if (range !== 'unicast') return RANGE_NAMES[range] ?? `${range} address`;
  if (address.kind() === 'ipv4' || isInside(address, [GLOBAL_UNICAST])) return null;
  return isIpv4Compatible(address) ? 'IPv4-compatible address' : 'address outside global unicast';
}

function isMetadata(address: Address): boolean {
  return formsOf(address).some((form) => isInside(form, METADATA));
}

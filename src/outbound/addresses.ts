import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

export type Address = ReturnType<typeof ipaddr.parse>;
export type Cidr = readonly [network: Address, prefixLength: number];

const IPV4_COMPATIBLE: Cidr = [ipaddr.parse('::'), 96];

const TRANSITION_RANGES = new Set(['ipv4Mapped', 'rfc6145', 'rfc6052', '6to4', 'teredo']);

/** Where the transition forms keep the four bytes of their IPv4 address (RFC 6052 section 2.2, RFC 3056). */
const EMBEDDED_BYTES = [
  [12, 13, 14, 15],
  [2, 3, 4, 5],
  [6, 7, 9, 10],
  [7, 9, 10, 11],
  [9, 10, 11, 12],
];

/** Null for what is not an IP address. A zone (fe80::1%eth0) names an interface of this machine, so it is refused too. */
export function readAddress(text: string): Address | null {
  // isIP before the parser: ipaddr.js also reads 2130706433, 0x7f.1 and 010.0.0.1, each its own way.
  return isIP(text) === 0 || text.includes('%') ? null : parse(text);
}

/** @throws {Error} naming the text, when it is not a CIDR. */
export function parseCidr(text: string): Cidr {
  // Stricter than ipaddr.js, for which 10/8 is 0.0.0.10/8.
  const [, network = '', bits = ''] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const family = isIP(network);
  if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) {
    throw new Error(`"${text}" is not a CIDR such as 10.0.0.0/8 or fd00::/8`);
  }
  return [parse(network), Number(bits)];
}

export function isInside(address: Address, cidrs: readonly Cidr[]): boolean {
  return cidrs.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

export function isIpv4Compatible(address: Address): boolean {
  return isInside(address, [IPV4_COMPATIBLE]);
}

/** The address itself and, of a mapped, translated or tunnelled one, every IPv4 address that it can lead to. */
export function formsOf(address: Address): Address[] {
  if (!TRANSITION_RANGES.has(address.range()) && !isIpv4Compatible(address)) return [address];
  const bytes = address.toByteArray();
  const teredoClient = bytes.slice(12).map((byte) => byte ^ 0xff);
  const embedded = EMBEDDED_BYTES.map((positions) => positions.map((position) => bytes[position] ?? 0));
  return [address, ...[...embedded, teredoClient].map((octets) => new ipaddr.IPv4(octets))];
}

/** ipaddr.js reads ::127.0.0.1 as ::ffff:127.0.0.1; written in hexadecimal only it reads it right. */
function parse(address: string): Address {
  if (isIP(address) !== 6) return ipaddr.parse(address);
  return ipaddr.parse(new URL(`http://[${address}]`).hostname.slice(1, -1));
}

import ipaddr from 'ipaddr.js';

const IPV6_NETWORK_BYTES = 8;

/** The one who counts as one caller: an IPv4 address, or an IPv6 network of 64 bits, which a single machine has for itself. */
export function addressGroup(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined || !ipaddr.isValid(remoteAddress)) return 'unknown';
  const address = ipaddr.process(remoteAddress);
  if (address.kind() === 'ipv4') return address.toString();
  return address.toByteArray().slice(0, IPV6_NETWORK_BYTES).join(':');
}

import ipaddr from 'ipaddr.js';
import { createEgressPolicy } from '../../../src/outbound/egressPolicy';

const nothingAllowed = createEgressPolicy({ allow: [], ownAddresses: () => [] });

/** The IANA special-purpose registries, the clouds' and the transition forms: the first and the last address of each. */
const FORBIDDEN_RANGES = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4', '255.255.255.255/32'],
  ...['::/128', '::1/128', '::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64'],
  ...['2001::/32', '2001:2::/48', '2001:10::/28', '2001:20::/28', '2001:db8::/32', '2002::/16', '3fff::/20'],
  ...['5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8', '4000::/3', '6000::/3', '8000::/3', 'e000::/4'],
];

function endsOf(cidr: string): string[] {
  const [network = '', bits = ''] = cidr.split('/');
  const parsed = ipaddr.parse(network);
  const first = network.includes(':') ? new ipaddr.IPv6(parsed.toByteArray()) : parsed;
  const last = first.toByteArray().map((byte, at) => byte | (0xff >> Math.min(8, Math.max(0, Number(bits) - 8 * at))));
  return [first, ipaddr.fromByteArray(last)].map((address) =>
    address instanceof ipaddr.IPv6 ? address.toNormalizedString() : address.toString(),
  );
}

test.each(FORBIDDEN_RANGES)('%s: neither its first nor its last address may be called', (range) => {
  for (const address of endsOf(range)) {
    expect({ address, refusal: nothingAllowed.refusalOf(address, 443) }).toEqual({
      address,
      refusal: expect.any(String),
    });
  }
});

test('the addresses beside the ranges are public', () => {
  const beside = [
    ...['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0'],
    ...['172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0'],
    ...['203.0.112.255', '203.0.114.0', '223.255.255.255', '2003::', '2001:db7:ffff::', '2001:db9::', '2600::'],
  ];
  for (const address of beside) {
    expect({ address, refusal: nothingAllowed.refusalOf(address, 443) }).toEqual({ address, refusal: null });
  }
});

/** One address in many spellings. */
const SPELLINGS: Record<string, string[]> = {
  loopback: [
    '::1',
    '0::1',
    '0:0:0:0:0:0:0:1',
    '0000:0000:0000:0000:0000:0000:0000:0001',
    '::0001',
    '0:0::1',
    '::0.0.0.1',
  ],
  mapped: [
    ...['::ffff:127.0.0.1', '::FFFF:127.0.0.1', '::ffff:7f00:1', '::FfFf:7F00:0001', '0:0:0:0:0:ffff:127.0.0.1'],
    ...['0000:0000:0000:0000:0000:ffff:7f00:0001', '0::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:8.8.8.8'],
  ],
  compatible: ['::127.0.0.1', '::7f00:1', '0:0:0:0:0:0:7f00:1', '::8.8.8.8', '0::808:808'],
  translated: ['::ffff:0:127.0.0.1', '::ffff:0:7f00:1', '0:0:0:0:ffff:0:7f00:1'],
  nat64: ['64:ff9b::127.0.0.1', '64:FF9B::7f00:1', '0064:ff9b:0:0:0:0:7f00:1', '64:ff9b:1::127.0.0.1'],
  '6to4': ['2002:7f00:1::', '2002:7f00:0001:0:0:0:0:1', '2002:808:808::1'],
  teredo: ['2001::', '2001:0:7f00:1::', '2001:0000:4136:e378:8000:63bf:3fff:fdd2'],
};

describe.each(Object.entries(SPELLINGS))('%s', (_, spellings) => {
  test.each(spellings)('%s is refused, also where every IPv4 address is allowed', (address) => {
    const ipv4Allowed = createEgressPolicy({ allow: ['0.0.0.0/0'], ownAddresses: () => [] });
    expect(nothingAllowed.refusalOf(address, 443)).not.toBeNull();
    expect(ipv4Allowed.refusalOf(address, 443)).not.toBeNull();
  });
});

test.each(['fe80::1%1', '::1%lo', '2606:4700::1111%eth0', '::ffff:127.0.0.1%1', '8.8.8.8%eth0', '%', 'fe80::1%'])(
  '%s has a zone, and so is no address',
  (address) => {
    const everything = createEgressPolicy({ allow: ['0.0.0.0/0', '::/0'] });
    expect(everything.refusalOf(address, 443)).toBe('not an IP address');
  },
);

describe("this machine's own public addresses", () => {
  const ownAddresses = () => ['127.0.0.1', '8.8.4.4', '2606:4700:0:0:0:0:0:1'];

  test.each(['8.8.4.4', '2606:4700::1', '2606:4700:0::0001'])('%s is refused', (address) => {
    expect(createEgressPolicy({ allow: [], ownAddresses }).refusalOf(address, 443)).toBe('address of this machine');
  });

  test('unless they are allowed; their neighbours are nobody special', () => {
    const policy = createEgressPolicy({ allow: ['8.8.4.4/32'], ownAddresses });
    expect([policy.refusalOf('8.8.4.4', 443), policy.refusalOf('8.8.4.5', 443)]).toEqual([null, null]);
    expect(policy.refusalOf('2606:4700::1', 443)).toBe('address of this machine');
  });
});

import { createEgressPolicy } from '../../../src/outbound/egressPolicy';

const nothingAllowed = createEgressPolicy({ allow: [] });

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '11.0.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '100.63.255.255',
  '100.128.0.1',
  '169.253.1.1',
  '198.17.0.1',
  '198.20.0.1',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '2a00:1450:4001:800::200e',
])('%s is public', (address) => {
  expect(nothingAllowed.refusalOf(address, 443)).toBeNull();
});

test.each([
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['10.0.0.1', 'private'],
  ['10.255.255.255', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['169.254.1.1', 'link-local'],
  ['100.64.0.1', 'carrier-grade NAT'],
  ['100.127.255.255', 'carrier-grade NAT'],
  ['192.0.0.1', 'reserved'],
  ['192.0.2.1', 'reserved'],
  ['198.51.100.1', 'reserved'],
  ['203.0.113.1', 'reserved'],
  ['198.18.0.1', 'reserved'],
  ['198.19.255.255', 'reserved'],
  ['192.88.99.1', 'reserved'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.254', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['192.31.196.1', 'as112'],
  ['192.52.193.1', 'amt'],
])('IPv4 %s is refused: %s', (address, reason) => {
  expect(nothingAllowed.refusalOf(address, 443)).toContain(reason);
});

test.each([
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::2', 'IPv4-compatible'],
  ['::127.0.0.1', 'IPv4-compatible'],
  ['::8.8.8.8', 'IPv4-compatible'],
  ['::ffff:127.0.0.1', 'IPv4-mapped'],
  ['::ffff:7f00:1', 'IPv4-mapped'],
  ['::ffff:8.8.8.8', 'IPv4-mapped'],
  ['0:0:0:0:0:ffff:0a00:0001', 'IPv4-mapped'],
  ['::ffff:0:7f00:1', 'IPv4-translated'],
  ['64:ff9b::7f00:1', 'NAT64'],
  ['64:ff9b::808:808', 'NAT64'],
  ['64:ff9b:1::a00:1', 'NAT64'],
  ['2002:7f00:1::', '6to4'],
  ['2002:808:808::1', '6to4'],
  ['2001::1', 'Teredo'],
  ['2001:0:53aa:64c:0:0:80ff:fffe', 'Teredo'],
  ['fe80::1', 'link-local'],
  ['febf::1', 'link-local'],
  ['fec0::1', 'site-local'],
  ['fc00::1', 'unique local'],
  ['fdff:ffff::1', 'unique local'],
  ['ff02::1', 'multicast'],
  ['100::1', 'discard'],
  ['2001:db8::1', 'reserved'],
  ['3fff::1', 'reserved'],
  ['3fff:fff:ffff::1', 'reserved'],
  ['2001:2::1', 'benchmarking'],
  ['2001:10::1', 'Orchid'],
  ['2001:20::1', 'orchid'],
  ['5f00::1', 'segment routing'],
  ['4000::1', 'outside global unicast'],
  ['1::1', 'outside global unicast'],
  ['e000::1', 'outside global unicast'],
])('IPv6 %s is refused: %s', (address, reason) => {
  expect(nothingAllowed.refusalOf(address, 443)).toContain(reason);
});

test.each([
  ...['', 'localhost', 'example.com', '2130706433', '0x7f.1', '0x7f000001', '017700000001', '127.1', '010.0.0.1'],
  ...[
    '[::1]',
    '::1%lo',
    'fe80::1%eth0',
    '2606:4700:4700::1111%eth0',
    '8.8.8.8/32',
    ' 8.8.8.8',
    '8.8.8.8.',
    '1.2.3.256',
  ],
])('%j is not an address, so it is refused', (text) => {
  expect(nothingAllowed.refusalOf(text, 443)).toBe('not an IP address');
});

describe('what is allowed', () => {
  const policy = createEgressPolicy({ allow: ['127.0.0.0/8', '10.1.0.0/16', 'fd00::/8'] });

  test.each(['127.0.0.1', '127.9.9.9', '10.1.255.255', 'fd00::1', '8.8.8.8'])('%s passes', (address) => {
    expect(policy.refusalOf(address, 443)).toBeNull();
  });

  test.each([
    ...['10.2.0.1', '192.168.0.1', '::1', 'fc00::1'],
    // Other ways to write an allowed IPv4 address.
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '::ffff:0:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::1'],
  ])('%s stays refused', (address) => {
    expect(policy.refusalOf(address, 443)).not.toBeNull();
  });

  test('a translated form passes only under an entry of its own', () => {
    const behindNat64 = createEgressPolicy({ allow: ['64:ff9b::/96'] });
    expect(behindNat64.refusalOf('64:ff9b::808:808', 443)).toBeNull();
    expect(behindNat64.refusalOf('8.8.8.8', 443)).toBeNull();
    expect(behindNat64.refusalOf('64:ff9b::a9fe:a9fe', 443)).toBe('cloud metadata address');
  });

  test.each([
    ...[
      '',
      '127.0.0.1',
      '10/8',
      '127.0.0.0/33',
      '::/129',
      '127.0.0.0/-1',
      '127.0.0.0/8 ',
      '0x7f.0.0.0/8',
      'localhost/8',
    ],
    ...['fe80::%eth0/10', '10.0.0.0/255.0.0.0', '010.0.0.0/8', '10.0.0.0/'],
  ])('%j is not a CIDR', (entry) => {
    expect(() => createEgressPolicy({ allow: ['10.0.0.0/8', entry] })).toThrow(`"${entry}" is not a CIDR`);
  });
});

test.each([
  ...['169.254.169.254', '169.254.169.253', '169.254.170.2', '169.254.170.23', '169.254.0.23', '169.254.42.42'],
  ...['100.100.100.200', '192.0.0.192', '168.63.129.16'],
  ...['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', 'fd00:42::42', 'fe80::a9fe:a9fe'],
  // 169.254.169.254 mapped, compatible, translated, NAT64 (/96 and /48), 6to4 and as a Teredo client.
  ...['::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '::169.254.169.254', '::ffff:0:a9fe:a9fe', '64:ff9b::a9fe:a9fe'],
  ...['64:ff9b:1:a9fe:a9:fe00::', '2002:a9fe:a9fe::1', '2001:0:808:808:0:0:5601:5601'],
])('cloud metadata %s is refused though everything is allowed', (address) => {
  const everything = createEgressPolicy({ allow: ['0.0.0.0/0', '::/0'] });
  expect(everything.refusalOf('10.0.0.1', 443)).toBeNull();
  expect(everything.refusalOf('2002:808:808::1', 443)).toBeNull();
  expect(everything.refusalOf(address, 443)).toBe('cloud metadata address');
});

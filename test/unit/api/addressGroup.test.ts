import { addressGroup } from '../../../src/api/connections/addressGroup';

test('an IPv4 address, however it is written', () => {
  expect(addressGroup('203.0.113.7')).toBe('203.0.113.7');
  expect(addressGroup('::ffff:203.0.113.7')).toBe('203.0.113.7');
});

test('the addresses of one IPv6 network are one, those of the next are not', () => {
  expect(addressGroup('2001:db8:1:2:3:4:5:6')).toBe(addressGroup('2001:db8:1:2::1'));
  expect(addressGroup('2001:db8:1:2::1')).not.toBe(addressGroup('2001:db8:1:3::1'));
});

test.each([undefined, '', 'x'])('no address: %j', (text) => {
  expect(addressGroup(text)).toBe('unknown');
});

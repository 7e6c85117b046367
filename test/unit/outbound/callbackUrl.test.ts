import { CallbackUrlError, checkCallbackUrl } from '../../../src/outbound/callbackUrl';
import { createEgressPolicy } from '../../../src/outbound/egressPolicy';

const policy = createEgressPolicy({ allow: [] });
const loopbackAllowed = createEgressPolicy({ allow: ['127.0.0.0/8', '::1/128'] });

test.each([
  ['https://example.com/hook?a=b', 'https://example.com/hook?a=b'],
  ['HTTP://Example.COM:8080', 'http://example.com:8080/'],
  ['https://8.8.8.8/hook', 'https://8.8.8.8/hook'],
  ['https://[2606:4700:4700::1111]:8443/', 'https://[2606:4700:4700::1111]:8443/'],
  ['https://example.com/a#fragment', 'https://example.com/a#fragment'],
  ['https://example.com/me@home?to=a@b', 'https://example.com/me@home?to=a@b'],
  ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
  // Names, whatever they look like: their addresses are checked at the attempt.
  ['http://localhost:3000/', 'http://localhost:3000/'],
  ['http://localhost./', 'http://localhost./'],
  ['http://127.0.0.1.nip.io/', 'http://127.0.0.1.nip.io/'],
])('%s is accepted', (text, href) => {
  expect(checkCallbackUrl(text, policy).url.href).toBe(href);
});

test.each([
  ...[
    '',
    'hook',
    '/hook',
    'example.com/hook',
    '//example.com',
    'http:',
    'http:/example.com',
    'http:example.com',
    'http://',
  ],
  ...[
    'http:///hook',
    'ftp://example.com',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'https://exa mple.com',
    'http://[::1',
  ],
  ...['http://1.2.3.4.5', 'http://256.1.1.1', 'http://example.com:99999', 'http://a%00b/', 'http://:80/'],
])('%j is refused', (text) => {
  expect(() => checkCallbackUrl(text, policy)).toThrow(CallbackUrlError);
});

test.each([
  ['http://user@example.com/', 'user name or password'],
  ['http://user:secret@example.com/', 'user name or password'],
  ['http://@example.com/', 'user name or password'],
  ['http://example.com:80@127.0.0.1/', 'user name or password'],
  ['http://example.com\\@127.0.0.1/', 'backslash'],
  ['http://exam\nple.com/', 'control character'],
  ['http://example.com/\t', 'control character'],
  [' http://example.com/', 'space'],
  ['http://example.com/\u0000', 'control character'],
  ['http://example.com:0/', 'port'],
  [`http://example.com/${'a'.repeat(2048)}`, '2048'],
])('%j is refused for its %s', (text, reason) => {
  expect(() => checkCallbackUrl(text, policy)).toThrow(reason);
});

test('2048 characters are not too many', () => {
  const text = 'http://example.com/'.padEnd(2048, 'a');
  expect(checkCallbackUrl(text, policy).url.href).toBe(text);
});

test.each([
  ['http://127.0.0.1/', 'loopback'],
  ['http://127.0.0.1./', 'loopback'],
  ['http://127.1/', 'loopback'],
  ['http://2130706433/', 'loopback'],
  ['http://0x7f.1/', 'loopback'],
  ['http://0x7f000001/', 'loopback'],
  ['http://017700000001/', 'loopback'],
  ['http://0177.0.0.1/', 'loopback'],
  ['http://１２７.0.0.1/', /loopback|absolute/],
  ['http://127%2e0.0.1/', /loopback|absolute/],
  ['http://0/', 'unspecified'],
  ['http://10.0.0.1:8080/', 'private'],
  ['http://[::1]/', 'loopback'],
  ['http://[::]/', 'unspecified'],
  ['http://[::ffff:127.0.0.1]/', 'IPv4-mapped'],
  ['http://[::ffff:7f00:1]/', 'IPv4-mapped'],
  ['http://[::127.0.0.1]/', 'IPv4-compatible'],
  ['http://[64:ff9b::7f00:1]/', 'NAT64'],
  ['http://[fd00::1]/', 'unique local'],
  ['http://169.254.169.254/latest/meta-data', 'cloud metadata'],
])('%s is refused as %s', (text, reason) => {
  expect(() => checkCallbackUrl(text, policy)).toThrow(reason);
});

test('an allowed literal passes, its mapped form does not', () => {
  expect(checkCallbackUrl('http://2130706433:81/', loopbackAllowed).url.host).toBe('127.0.0.1:81');
  expect(checkCallbackUrl('http://[::1]:81/', loopbackAllowed).url.host).toBe('[::1]:81');
  expect(() => checkCallbackUrl('http://[::ffff:127.0.0.1]/', loopbackAllowed)).toThrow('IPv4-mapped');
});

import { execFileSync } from 'node:child_process';
import type { LookupAddress } from 'node:dns';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEgressPolicy, type EgressPolicy } from '../../../src/outbound/egressPolicy';
import { createHttpClient } from '../../../src/outbound/httpClient';
import { createNameLookup, type NameLookup, type NameLookupOptions } from '../../../src/outbound/names/nameLookup';
import { type DnsServer, startDnsServer } from '../../support/dnsServer';
import { waitFor } from '../../support/engine';
import { startReceiver } from '../../support/receiver';

let dns: DnsServer;
let dir: string;
let hostsPath: string;
let resolvConfPath: string;
let lookup: NameLookup;

beforeEach(async () => {
  dns = await startDnsServer();
  dir = mkdtempSync(join(tmpdir(), 'names-'));
  hostsPath = join(dir, 'hosts');
  resolvConfPath = join(dir, 'resolv.conf');
  use();
});
afterEach(async () => {
  await dns.stop();
  rmSync(dir, { recursive: true });
});

function use({
  hosts = '',
  resolvConf = 'search\n',
  ...options
}: { hosts?: string; resolvConf?: string } & NameLookupOptions = {}) {
  writeFileSync(hostsPath, hosts);
  writeFileSync(resolvConfPath, resolvConf);
  lookup = createNameLookup({ servers: [dns.address], hostsPath, resolvConfPath, ...options });
}

interface Asked {
  tenantId?: string;
  flow?: string;
  signal?: AbortSignal;
  onWaiting?: () => void;
}

/** The addresses, or the code that says why there are none. */
function find(hostname: string, { tenantId = 'acme', flow = 'f', signal, onWaiting }: Asked = {}) {
  const request = {
    ...{ tenantId, flow },
    signal: signal ?? new AbortController().signal,
    onWaiting: () => onWaiting?.(),
    onTurn: () => undefined,
  };
  return new Promise<string[] | string | undefined>((resolve) => {
    lookup(hostname, request, (error, addresses: LookupAddress[]) =>
      resolve(error ? error.code : addresses.map(({ address }) => address)),
    );
  });
}

describe('what DNS answers', () => {
  test('IPv4 and IPv6', async () => {
    dns.on('both.test', { a: ['192.0.2.1', '192.0.2.2'], aaaa: ['2001:db8::1'] });
    dns.on('six.test', { aaaa: ['2001:db8::2'] });
    expect(((await find('Both.Test')) as string[]).sort()).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1']);
    expect(await find('six.test')).toEqual(['2001:db8::2']);
  });

  test('no such name, a name without addresses, a server that cannot tell', async () => {
    dns.on('empty.test', {});
    dns.on('broken.test', 'broken');
    expect(await Promise.all(['missing.test', 'empty.test', 'broken.test', 'a..b'].map((name) => find(name)))).toEqual([
      'ENOTFOUND',
      'ENODATA',
      'ESERVFAIL',
      expect.stringMatching(/^E/),
    ]);
  });

  test('a chain of names', async () => {
    dns.on('alias.test', { cname: 'middle.test', ttl: 60 });
    dns.on('middle.test', { cname: 'real.test', ttl: 0 });
    dns.on('real.test', { a: ['192.0.2.9'], ttl: 60 });
    expect(await find('alias.test')).toEqual(['192.0.2.9']);
    // The shortest TTL of the chain counts.
    await find('alias.test');
    expect(dns.questions('alias.test').filter(({ type }) => type === 'a')).toHaveLength(2);
  });

  test('an answer that does not fit into UDP is asked for over TCP', async () => {
    const many = Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`);
    dns.on('large.test', { a: many, truncated: true });
    expect(await find('large.test')).toHaveLength(100);
    expect(dns.questions('large.test').some(({ over }) => over === 'tcp')).toBe(true);
  });

  test('a server that is silent costs the deadline of one look-up, and one question however many ask', async () => {
    use({ deadlineMs: 300 });
    dns.on('silent.test', 'silent');
    expect(await Promise.all(Array.from({ length: 25 }, () => find('silent.test')))).toEqual(
      Array(25).fill('ETIMEOUT'),
    );
    expect(
      dns
        .questions('silent.test')
        .map(({ type }) => type)
        .sort(),
    ).toEqual(['a', 'aaaa']);
  });
});

describe('what is kept', () => {
  test('an answer as long as its TTL says, and no longer', async () => {
    dns.on('kept.test', { a: ['192.0.2.1'], ttl: 1 });
    expect(await find('kept.test')).toEqual(['192.0.2.1']);
    dns.on('kept.test', { a: ['192.0.2.2'], ttl: 600 });
    expect(await find('kept.test')).toEqual(['192.0.2.1']);
    await waitFor(async () => (String(await find('kept.test')) === '192.0.2.2' ? true : undefined), {
      what: 'the new address',
    });
    expect(dns.questions('kept.test')).toHaveLength(4);
  });

  test('TTL 0 is asked for each time', async () => {
    dns.on('changing.test', { a: ['192.0.2.1'] });
    expect(await find('changing.test')).toEqual(['192.0.2.1']);
    dns.on('changing.test', { a: ['192.0.2.2'] });
    expect(await find('changing.test')).toEqual(['192.0.2.2']);
  });

  test('a name that does not exist, for a moment', async () => {
    expect(await find('new.test')).toBe('ENOTFOUND');
    dns.on('new.test', { a: ['192.0.2.1'] });
    expect(await find('new.test')).toBe('ENOTFOUND');
    await waitFor(async () => (Array.isArray(await find('new.test')) ? true : undefined), { what: 'the new name' });
  });

  test('what was kept is checked again for each connection', async () => {
    const receiver = await startReceiver();
    dns.on('kept.test', { a: ['127.0.0.1'], ttl: 60 });
    let egress: EgressPolicy = createEgressPolicy({ allow: ['127.0.0.1/32'] });
    const policy: EgressPolicy = { refusalOf: (...address) => egress.refusalOf(...address) };
    const client = createHttpClient({ egress: policy, lookup, maxConnectionAgeMs: 0 });
    const post = () =>
      client.post({ url: receiver.url('/hook', 'kept.test'), headers: {}, body: '', timeoutMs: 10_000 });
    expect(await post()).toMatchObject({ statusCode: 200 });
    egress = createEgressPolicy({ allow: [] });
    expect(await post()).toMatchObject({ fault: 'egress' });
    expect(dns.questions('kept.test')).toHaveLength(2);
    await client.close();
    await receiver.stop();
  });
});

describe('the hosts file', () => {
  test('comes before DNS, in every spelling of a name', async () => {
    use({
      hosts:
        '# 192.0.2.7 not.test\n192.0.2.1\tReceiver.test other.test # both\n192.0.2.2 receiver.test\nnonsense x.test\n',
    });
    expect(await find('receiver.TEST.')).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await find('other.test')).toEqual(['192.0.2.1']);
    expect(dns.names()).toEqual([]);
    expect(await find('not.test')).toBe('ENOTFOUND');
  });

  test('is read again when it has changed', async () => {
    expect(await find('late.test')).toBe('ENOTFOUND');
    writeFileSync(hostsPath, '192.0.2.3 late.test\n');
    await waitFor(async () => (String(await find('late.test')) === '192.0.2.3' ? true : undefined), {
      what: 'the new line',
    });
    rmSync(hostsPath);
    await waitFor(async () => ((await find('late.test')) === 'ENOTFOUND' ? true : undefined), {
      what: 'the old answer',
    });
  });

  test('need not name localhost, which is never asked for in DNS', async () => {
    expect(await find('localhost')).toEqual(['127.0.0.1', '::1']);
    expect(await find('LocalHost.')).toEqual(['127.0.0.1', '::1']);
    expect(await find('a.localhost')).toEqual(['127.0.0.1', '::1']);
    expect(dns.names()).toEqual([]);
  });
});

describe('the search list of resolv.conf', () => {
  const resolvConf = 'nameserver 192.0.2.53\nsearch shop.svc.test svc.test\noptions timeout:1 ndots:2\n';

  test('finds short names in its domains first, a dot at the end excludes it', async () => {
    use({ resolvConf });
    dns.on('receiver.svc.test', { a: ['192.0.2.1'] });
    dns.on('receiver', { a: ['192.0.2.2'] });
    expect(await find('receiver')).toEqual(['192.0.2.1']);
    expect(dns.names()).toEqual(['receiver.shop.svc.test', 'receiver.svc.test']);
    expect(await find('receiver.')).toEqual(['192.0.2.2']);
  });

  test('comes second for names with as many dots as ndots', async () => {
    use({ resolvConf });
    dns.on('a.b.c', { a: ['192.0.2.1'] });
    expect(await find('a.b.c')).toEqual(['192.0.2.1']);
    expect(dns.names()).toEqual(['a.b.c']);
    expect(await find('a.b.missing')).toBe('ENOTFOUND');
    expect(dns.names()).toEqual(['a.b.c', 'a.b.missing', 'a.b.missing.shop.svc.test', 'a.b.missing.svc.test']);
  });

  test('is not gone through when a server is silent', async () => {
    use({ resolvConf, deadlineMs: 300 });
    dns.on('receiver.shop.svc.test', 'silent');
    expect(await find('receiver')).toBe('ETIMEOUT');
    expect(dns.names()).toEqual(['receiver.shop.svc.test']);
  });
});

describe('shared by tenants', () => {
  const names = Array.from({ length: 40 }, (_, i) => `silent${i}.test`);

  test('names whose server is silent keep no other tenant waiting, nor the same one with another subscription', async () => {
    for (const name of names) dns.on(name, 'silent');
    const given: number[] = [];
    const hanging = names.map((name, i) =>
      find(name, { tenantId: 'acme', flow: 'hanging', onWaiting: () => given.push(i) }),
    );
    const waiting: string[] = [];
    const others = Array.from({ length: 20 }, (_, i) => `victim${i}.test`);
    for (const name of others) dns.on(name, { a: ['192.0.2.1'] });
    const onWaiting = () => waiting.push('rival');
    for (const name of others) expect(await find(name, { tenantId: 'rival', onWaiting })).toEqual(['192.0.2.1']);
    expect(await find(others[0] as string, { tenantId: 'acme', flow: 'healthy' })).toEqual(['192.0.2.1']);
    expect(waiting).toEqual([]);
    expect(given.length).toBeGreaterThan(10);
    expect(dns.names().filter((name) => name.startsWith('silent')).length).toBe(names.length - given.length);
    expect(new Set(await Promise.all(hanging))).toEqual(new Set(['ETIMEOUT']));
  }, 30_000);

  test('one that waits and is given up is never asked for', async () => {
    use({ deadlineMs: 300 });
    for (const name of names) dns.on(name, 'silent');
    const givenUp = new AbortController();
    const hanging = names.map((name) => find(name));
    const waited: string[] = [];
    for (let i = 0; i < 5; i++) {
      const name = `given-up${i}.test`;
      void find(name, { signal: givenUp.signal, onWaiting: () => waited.push(name) });
    }
    expect(waited).toHaveLength(5);
    givenUp.abort();
    await Promise.all(hanging);
    expect(dns.names().filter((name) => name.startsWith('given-up'))).toEqual([]);
  });

  test('a name that one tenant waits for is not kept from another', async () => {
    for (const name of names) dns.on(name, 'silent');
    dns.on('wanted.test', { a: ['192.0.2.1'] });
    for (const name of names) void find(name);
    let waits = 0;
    const patient = find('wanted.test', { onWaiting: () => waits++ });
    expect(await find('wanted.test', { tenantId: 'rival' })).toEqual(['192.0.2.1']);
    expect(waits).toBe(1);
    expect(await patient).toEqual(['192.0.2.1']);
  }, 30_000);
});

test('look-ups need none of libuv threads', async () => {
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  // To open a pipe takes a thread until somebody opens its other end: more of these than there are threads.
  const readers = Array.from({ length: 64 }, () => open(pipe, 'r'));
  dns.on('receiver.test', { a: ['192.0.2.1'] });
  const found = await find('receiver.test');
  const writer = openSync(pipe, 'w');
  for (const reader of readers) await (await reader).close();
  closeSync(writer);
  expect(found).toEqual(['192.0.2.1']);
});

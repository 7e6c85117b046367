import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type Config, ConfigError, loadConfig } from '../../../src/config/config';
import { QUOTA_LIMITS } from '../../../src/domain/quotaLimits';

function faultsOf(env: NodeJS.ProcessEnv): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test('nothing set: everything embedded, on loopback', () => {
  const config = loadConfig({});
  expect(isAbsolute(config.dataDir)).toBe(true);
  expect(config).toEqual<Config>({
    role: 'all',
    host: '127.0.0.1',
    port: 8080,
    dataDir: expect.stringMatching(/\.data$/),
    databaseUrl: null,
    temporal: { namespace: 'default', connection: null, apiKey: null, cliPath: null },
    operatorKey: null,
    secretsKey: null,
    egressAllow: ['127.0.0.0/8', '::1/128'],
    egressDeny: [],
    egressProxy: null,
    egressCaFiles: [],
    maxEventBytes: 262_144,
    corsOrigins: [],
    rateLimitPerKey: 2000,
    rateLimitBytesPerKey: 16_777_216,
    quotas: QUOTA_LIMITS,
    retentionDays: 30,
    migrate: 'auto',
    shutdownGraceMs: 25_000,
    drainMs: 0,
    logLevel: 'info',
  });
});

test('a drain that leaves no time for what is under way is refused', () => {
  const read = (DRAIN_S: string) => () => loadConfig({ DRAIN_S, SHUTDOWN_GRACE_S: '20' });
  expect(read('10')()).toMatchObject({ drainMs: 10_000, shutdownGraceMs: 20_000 });
  expect(read('11')).toThrow('DRAIN_S: must be at least 10 less than SHUTDOWN_GRACE_S');
});

test('everything set', () => {
  const secret = randomBytes(32);
  const operatorKey = `pr_op1_${'s'.repeat(32)}`;
  const config = loadConfig({
    ROLE: 'worker',
    HOST: '0.0.0.0',
    PORT: '0',
    DATA_DIR: '/var/lib/postrider',
    DATABASE_URL: 'postgresql://user:password@db.example/postrider?sslmode=require',
    TEMPORAL_ADDRESS: 'temporal.example:7233',
    TEMPORAL_NAMESPACE: 'events',
    TEMPORAL_API_KEY: 'api-key',
    TEMPORAL_CLI_PATH: '/usr/bin/temporal',
    OPERATOR_KEY: operatorKey,
    SECRETS_KEY: secret.toString('base64'),
    EGRESS_ALLOW: '10.0.0.0/8, fd00::/8',
    EGRESS_DENY: 'temporal-ui:8080, [fd00::5]:9090',
    EGRESS_PROXY: 'http://pr%40xy:secret@[fd00::6]:3128',
    EGRESS_CA_FILE: '/etc/ssl/own.pem',
    NODE_EXTRA_CA_CERTS: '/etc/ssl/extra.pem',
    MAX_EVENT_BYTES: '1048576',
    RATE_LIMIT_PER_KEY: '50',
    RATE_LIMIT_BYTES_PER_KEY: '65536',
    MAX_SUBSCRIPTIONS_PER_APP: '1',
    MAX_APPS_PER_TENANT: '2',
    MAX_KEYS_PER_TENANT: '3',
    MAX_USER_KEYS_PER_APP: '4',
    MAX_PORTAL_SUBSCRIPTIONS_PER_USER: '5',
    MAX_REPEATABLE_CALLS_PER_APP: '6',
    RETENTION_DAYS: '7',
    LOG_LEVEL: 'debug',
  });
  expect(config).toMatchObject({
    role: 'worker',
    host: '0.0.0.0',
    port: 0,
    dataDir: '/var/lib/postrider',
    databaseUrl: 'postgresql://user:password@db.example/postrider?sslmode=require',
    temporal: {
      namespace: 'events',
      cliPath: '/usr/bin/temporal',
      connection: { address: 'temporal.example:7233', apiKey: 'api-key', tls: true },
    },
    operatorKey,
    secretsKey: secret,
    egressAllow: ['10.0.0.0/8', 'fd00::/8'],
    egressDeny: [
      { host: 'temporal-ui', port: 8080 },
      { host: 'fd00::5', port: 9090 },
    ],
    egressProxy: { host: 'fd00::6', port: 3128, authorization: `Basic ${btoa('pr@xy:secret')}` },
    egressCaFiles: ['/etc/ssl/own.pem', '/etc/ssl/extra.pem'],
    maxEventBytes: 1_048_576,
    rateLimitPerKey: 50,
    rateLimitBytesPerKey: 65_536,
    quotas: {
      subscriptionsPerApp: 1,
      appsPerTenant: 2,
      keysPerTenant: 3,
      userKeysPerApp: 4,
      portalSubscriptionsPerUser: 5,
      repeatableCallsPerApp: 6,
    },
    retentionDays: 7,
    logLevel: 'debug',
  });
});

test('everything that is wrong is said at once, by name, and without its value', () => {
  const wrong = {
    ROLE: 'boss',
    PORT: '65536',
    DATABASE_URL: 'mysql://user:hunter2@db.example/x',
    OPERATOR_KEY: 'hunter2',
    SECRETS_KEY: 'hunter2',
    EGRESS_ALLOW: '10.0.0.0/8,hunter2',
    EGRESS_DENY: 'temporal-ui:8080,hunter2',
    EGRESS_PROXY: 'https://user:hunter2@proxy.example:3128',
    MAX_EVENT_BYTES: '1e6',
    RATE_LIMIT_PER_KEY: '0',
    RATE_LIMIT_BYTES_PER_KEY: '65535',
    RETENTION_DAYS: '-1',
    LOG_LEVEL: 'loud',
    TEMPORAL_ADDRESS: 'temporal.example:7233',
    TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/hunter2.pem',
    TEMPORAL_TLS_CLIENT_KEY_PATH: '/nowhere/hunter2.key',
  };
  const faults = faultsOf(wrong);
  const text = new ConfigError(faults).message;
  const unnamed = Object.keys(wrong).filter((name) => !text.includes(name));
  expect(unnamed).toEqual([]);
  expect(text).not.toContain('hunter2');
});

test.each(['80 80', '1.5', '-1', '0x50', '1e3', '99999', ' 80'])('PORT %j', (PORT) => {
  expect(faultsOf({ PORT })).toEqual(['PORT: must be a whole number from 0 to 65535']);
});

test.each(['10.0.0.1', '10/8', '10.0.0.0/33', '::1/129', '10.0.0.0/8/8', '10.0.0.0/-1', 'localhost/8', '010.0.0.0/8'])(
  'EGRESS_ALLOW %s',
  (EGRESS_ALLOW) => {
    expect(faultsOf({ EGRESS_ALLOW })).toHaveLength(1);
  },
);

test.each([
  'temporal-ui',
  'temporal-ui:',
  ':8080',
  'temporal-ui:0',
  'temporal-ui:65536',
  'fd00::5:9090',
  'a b:1',
  '10.0.0.0/8',
])('EGRESS_DENY %s', (EGRESS_DENY) => {
  expect(faultsOf({ EGRESS_DENY })).toHaveLength(1);
});

test.each([
  ['http://proxy.example', { host: 'proxy.example', port: 80, authorization: null }],
  ['http://127.0.0.1:3128/', { host: '127.0.0.1', port: 3128, authorization: null }],
  ['http://u:p%3Aq@proxy:1', { host: 'proxy', port: 1, authorization: `Basic ${btoa('u:p:q')}` }],
])('EGRESS_PROXY %s', (EGRESS_PROXY, egressProxy) => {
  expect(loadConfig({ EGRESS_PROXY }).egressProxy).toEqual(egressProxy);
});

test.each(['proxy:3128', 'socks5://proxy:1080', 'http://proxy/path', 'http://proxy/?q', 'http://%zz@proxy', ''])(
  'EGRESS_PROXY %s is none',
  (EGRESS_PROXY) => {
    expect(faultsOf({ EGRESS_PROXY })).toHaveLength(EGRESS_PROXY === '' ? 0 : 1);
  },
);

test.each(['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'])('sslmode %s', (mode) => {
  expect(faultsOf({ DATABASE_URL: `postgres://db.example/x?sslmode=${mode}` })).toEqual([]);
});

test('an sslmode that libpq does not know', () => {
  expect(faultsOf({ DATABASE_URL: 'postgres://db.example/x?sslmode=on' })).toEqual([
    expect.stringMatching(/^DATABASE_URL: its sslmode must be one of/),
  ]);
});

test('an empty variable is one that is not set', () => {
  const names = ['ROLE', 'PORT', 'DATABASE_URL', 'TEMPORAL_ADDRESS', 'OPERATOR_KEY', 'SECRETS_KEY', 'LOG_LEVEL'];
  expect(loadConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(loadConfig({}));
});

test.each<[NodeJS.ProcessEnv, string[]]>([
  [{ DATABASE_URL: 'postgres://db.example/x' }, []],
  [{ TEMPORAL_ADDRESS: 'temporal.example:7233' }, []],
  [{ EGRESS_ALLOW: '' }, []],
  [{ EGRESS_ALLOW: '192.168.0.0/16' }, ['192.168.0.0/16']],
])('%j: loopback is allowed only when everything is embedded and nothing else is said', (env, allowed) => {
  expect(loadConfig(env).egressAllow).toEqual(allowed);
});

describe("Temporal's own configuration file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postrider-config-'));
    await writeFile(
      join(folder, 'temporal.toml'),
      '[profile.default]\naddress = "file.example:7233"\nnamespace = "filed"\n',
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('an API key in a file of its own goes before one that is given as it is', async () => {
    const file = join(folder, 'api-key');
    await writeFile(file, 'in-the-file\n');
    const env = { TEMPORAL_ADDRESS: 'cloud.example:7233', TEMPORAL_API_KEY: 'as-it-is', TEMPORAL_API_KEY_FILE: file };
    const { temporal } = loadConfig(env);
    expect(temporal).toMatchObject({ connection: { apiKey: 'in-the-file' }, apiKey: { file, key: 'in-the-file' } });
    expect(() => loadConfig({ ...env, TEMPORAL_API_KEY_FILE: join(folder, 'missing') })).toThrow(
      /TEMPORAL_API_KEY_FILE.*ENOENT/,
    );
  });

  test('counts where it is named', () => {
    const { temporal } = loadConfig({ TEMPORAL_CONFIG_FILE: join(folder, 'temporal.toml') });
    expect(temporal).toMatchObject({ namespace: 'filed', connection: { address: 'file.example:7233' } });
  });

  test('does not count where it only lies in a home folder', async () => {
    const { temporal } = loadConfig({ HOME: folder, XDG_CONFIG_HOME: folder });
    expect(temporal).toEqual({ namespace: 'default', connection: null, apiKey: null, cliPath: null });
  });
});

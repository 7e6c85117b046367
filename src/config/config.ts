import { resolve } from 'node:path';
import type { ClientConnectConfig } from '@temporalio/envconfig';
import * as z from 'zod';
import { QUOTA_LIMITS, type QuotaLimits } from '../domain/quotaLimits';
import { parseKey } from '../services/keys/secret';
import type { KeyInFile } from './apiKeyFile';
import { isCidr } from './cidr';
import { type EgressProxyConfig, parseEgressProxy } from './egressProxy';
import { parseEndpoint } from './endpoint';
import { loadTemporal, TemporalConfigError } from './temporal';

/** What the process is told from outside. `null` stands for what it is to bring or make by itself. */
export interface Config {
  role: 'all' | 'api' | 'worker';
  host: string;
  /** 0: a free one. */
  port: number;
  /** Absolute. */
  dataDir: string;
  /** null: the embedded PostgreSQL. */
  databaseUrl: string | null;
  temporal: {
    namespace: string;
    /** Address, TLS and API key as both of Temporal's connections take them; null: the embedded server. */
    connection: ClientConnectConfig['connectionOptions'] | null;
    /** The file that the API key is in; null: it is given as it is, or there is none. */
    apiKey: KeyInFile | null;
    /** The Temporal CLI's program; null: it is looked for. */
    cliPath: string | null;
  };
  /** null: made at first start. */
  operatorKey: string | null;
  /** 32 bytes; null: made at first start. */
  secretsKey: Buffer | null;
  /** CIDRs that callbacks may reach though they are not public. */
  egressAllow: string[];
  /** Servers that callbacks never reach, beside the ones that this configuration names anyway. */
  egressDeny: { host: string; port: number }[];
  /** Callbacks go through it; null: they go directly. */
  egressProxy: EgressProxyConfig | null;
  /** PEM files of authorities that callbacks trust beside Node's own. */
  egressCaFiles: string[];
  maxEventBytes: number;
  /** Origins whose pages may call the API from a browser; `*` is every one. */
  corsOrigins: string[];
  /** Calls per second; twice as many at once. */
  rateLimitPerKey: number;
  /** Bytes of bodies per second; twice as many at once. */
  rateLimitBytesPerKey: number;
  quotas: QuotaLimits;
  retentionDays: number;
  /** `auto`: at the start. `off`: never; a schema that lacks something stops the start. `only`: that, and then it ends. */
  migrate: (typeof MIGRATE)[number];
  /** From the signal to the end of the process, in milliseconds; embedded servers come on top. */
  shutdownGraceMs: number;
  /** Of that, how long the API goes on accepting after SIGTERM, while `/readyz` is 503. */
  drainMs: number;
  logLevel: (typeof LOG_LEVELS)[number];
}

/** Everything that is wrong with the environment, one line each: names and rules, never values, which can be secrets. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`the configuration is not in order:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const MIGRATE = ['auto', 'off', 'only'] as const;
const EMBEDDED_EGRESS_ALLOW = '127.0.0.0/8,::1/128';
const SECRETS_KEY_BYTES = 32;
/** Those of libpq, and `no-verify`, node-postgres' word for `require`. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];
/** The largest group that is committed together (8 MiB) must hold at least one event. */
const MAX_EVENT_BYTES_LIMIT = 8 * 1024 * 1024;

/** After the drain: calls under way are answered, attempts under way are handed over. */
const MIN_AFTER_DRAIN_S = 10;

function integer({ min, max, standard }: { min: number; max: number; standard: number }) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, rule)
    .transform(Number)
    .refine((value) => value >= min && value <= max, rule)
    .default(standard);
}

function list() {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );
}

/** Each count reads so many index entries at most. */
const quota = (standard: number) => integer({ min: 1, max: 10_000_000, standard });

const environment = z.object({
  ROLE: z.enum(['all', 'api', 'worker'], 'must be all, api or worker').default('all'),
  HOST: z.string().default('127.0.0.1'),
  PORT: integer({ min: 0, max: 65535, standard: 8080 }),
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z
    .string()
    .refine(isPostgresUrl, 'must be a postgres:// or postgresql:// URL')
    .refine(hasKnownSslMode, `its sslmode must be one of ${SSL_MODES.join(', ')}`)
    .optional(),
  TEMPORAL_CLI_PATH: z.string().optional(),
  OPERATOR_KEY: z
    .string()
    .refine(
      (key) => parseKey(key) !== null,
      'must have the form pr_<id>_<secret>, the secret of at least 32 of A-Z a-z 0-9 _ -',
    )
    .optional(),
  SECRETS_KEY: z
    .string()
    .regex(
      /^[A-Za-z0-9+/_-]{43}=?$/,
      `must be ${SECRETS_KEY_BYTES} bytes in base64, as of: openssl rand -base64 ${SECRETS_KEY_BYTES}`,
    )
    .transform((text) => Buffer.from(text, 'base64'))
    .optional(),
  EGRESS_ALLOW: list()
    .refine((items) => items.every(isCidr), 'must be CIDRs separated by commas, as 10.0.0.0/8,fd00::/8')
    .optional(),
  EGRESS_DENY: list()
    .refine(
      (items) => items.every((item) => parseEndpoint(item) !== null),
      'must be host:port separated by commas, as temporal-ui:8080,10.0.0.5:9090',
    )
    .transform((items) => items.flatMap((item) => parseEndpoint(item) ?? []))
    .default([]),
  CORS_ORIGINS: list()
    .refine((items) => items.every(isOrigin), 'must be * or origins separated by commas, as https://console.example')
    .default([]),
  EGRESS_PROXY: z
    .string()
    .transform((text) => parseEgressProxy(text))
    .refine((proxy) => proxy !== null, 'must be http://host:port, perhaps with user:password@ before the host')
    .optional(),
  EGRESS_CA_FILE: z.string().optional(),
  NODE_EXTRA_CA_CERTS: z.string().optional(),
  MAX_EVENT_BYTES: integer({ min: 1024, max: MAX_EVENT_BYTES_LIMIT, standard: 262_144 }),
  RATE_LIMIT_PER_KEY: integer({ min: 1, max: 1_000_000, standard: 2000 }),
  RATE_LIMIT_BYTES_PER_KEY: integer({ min: 65_536, max: 1_073_741_824, standard: 16_777_216 }),
  MAX_SUBSCRIPTIONS_PER_APP: quota(QUOTA_LIMITS.subscriptionsPerApp),
  MAX_APPS_PER_TENANT: quota(QUOTA_LIMITS.appsPerTenant),
  MAX_KEYS_PER_TENANT: quota(QUOTA_LIMITS.keysPerTenant),
  MAX_USER_KEYS_PER_APP: quota(QUOTA_LIMITS.userKeysPerApp),
  MAX_PORTAL_SUBSCRIPTIONS_PER_USER: quota(QUOTA_LIMITS.portalSubscriptionsPerUser),
  MAX_REPEATABLE_CALLS_PER_APP: quota(QUOTA_LIMITS.repeatableCallsPerApp),
  RETENTION_DAYS: integer({ min: 1, max: 3650, standard: 30 }),
  MIGRATE: z.enum(MIGRATE, 'must be auto, off or only').default('auto'),
  SHUTDOWN_GRACE_S: integer({ min: 10, max: 3600, standard: 25 }),
  DRAIN_S: integer({ min: 0, max: 3600, standard: 0 }),
  LOG_LEVEL: z.enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`).default('info'),
});

/**
 * Reads the environment. A variable that is empty counts as not set (Compose files pass those on), but for EGRESS_ALLOW,
 * where empty means nothing.
 *
 * @throws ConfigError
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => !!entry[1] || (entry[0] === 'EGRESS_ALLOW' && entry[1] === ''),
    ),
  );
  const parsed = environment.safeParse(set);
  const temporal = loadTemporal(set);
  const faults = parsed.success ? [] : parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  if (parsed.success && parsed.data.DRAIN_S > parsed.data.SHUTDOWN_GRACE_S - MIN_AFTER_DRAIN_S) {
    faults.push(`DRAIN_S: must be at least ${MIN_AFTER_DRAIN_S} less than SHUTDOWN_GRACE_S`);
  }
  if (temporal instanceof TemporalConfigError) faults.push(temporal.message);
  if (!parsed.success || faults.length > 0 || temporal instanceof TemporalConfigError) throw new ConfigError(faults);

  const values = parsed.data;
  const isAllEmbedded = values.DATABASE_URL === undefined && temporal.connection === null;
  return {
    role: values.ROLE,
    host: values.HOST,
    port: values.PORT,
    dataDir: resolve(values.DATA_DIR),
    databaseUrl: values.DATABASE_URL ?? null,
    temporal: { ...temporal, cliPath: values.TEMPORAL_CLI_PATH ?? null },
    operatorKey: values.OPERATOR_KEY ?? null,
    secretsKey: values.SECRETS_KEY ?? null,
    egressAllow: values.EGRESS_ALLOW ?? (isAllEmbedded ? EMBEDDED_EGRESS_ALLOW.split(',') : []),
    egressDeny: values.EGRESS_DENY,
    egressProxy: values.EGRESS_PROXY ?? null,
    egressCaFiles: caFiles(values),
    maxEventBytes: values.MAX_EVENT_BYTES,
    corsOrigins: values.CORS_ORIGINS,
    rateLimitPerKey: values.RATE_LIMIT_PER_KEY,
    rateLimitBytesPerKey: values.RATE_LIMIT_BYTES_PER_KEY,
    quotas: {
      subscriptionsPerApp: values.MAX_SUBSCRIPTIONS_PER_APP,
      appsPerTenant: values.MAX_APPS_PER_TENANT,
      keysPerTenant: values.MAX_KEYS_PER_TENANT,
      userKeysPerApp: values.MAX_USER_KEYS_PER_APP,
      portalSubscriptionsPerUser: values.MAX_PORTAL_SUBSCRIPTIONS_PER_USER,
      repeatableCallsPerApp: values.MAX_REPEATABLE_CALLS_PER_APP,
    },
    retentionDays: values.RETENTION_DAYS,
    migrate: values.MIGRATE,
    shutdownGraceMs: values.SHUTDOWN_GRACE_S * 1000,
    drainMs: values.DRAIN_S * 1000,
    logLevel: values.LOG_LEVEL,
  };
}

/** As browsers send it: without a path, in lower case, without the scheme's own port. */
function isOrigin(text: string): boolean {
  return text === '*' || (URL.canParse(text) && new URL(text).origin === text);
}

/** Node reads NODE_EXTRA_CA_CERTS itself, but not where other authorities are named. */
function caFiles({ EGRESS_CA_FILE: own, NODE_EXTRA_CA_CERTS: extra }: Record<string, unknown>): string[] {
  if (typeof own !== 'string') return [];
  return typeof extra === 'string' ? [own, extra] : [own];
}

function isPostgresUrl(text: string): boolean {
  return URL.canParse(text) && ['postgres:', 'postgresql:'].includes(new URL(text).protocol);
}

function hasKnownSslMode(text: string): boolean {
  const mode = URL.canParse(text) ? new URL(text).searchParams.get('sslmode') : null;
  return mode === null || SSL_MODES.includes(mode);
}

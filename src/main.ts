import { join } from 'node:path';
import { type NativeConnectionOptions, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import { announce } from './announce';
import { createApi } from './api/server';
import { type Config, loadConfig } from './config/config';
import { ensureLocalSecrets } from './config/localSecrets';
import { createLog } from './config/log';
import { SEARCH_ATTRIBUTES } from './contracts/searchAttributes';
import { openDatabase } from './db/database';
import { migrate } from './db/migrate';
import { oldestPendingSeconds } from './db/oldestPending';
import { ensurePartitions } from './db/partitions';
import { otherSecretKeyIds } from './db/secrets';
import { chooseCacheDir } from './embedded/binaryCache';
import { startEmbeddedPostgres } from './embedded/postgres';
import { startEmbeddedTemporal } from './embedded/temporal';
import { findTemporalCli } from './embedded/temporalBinary';
import { createEngine } from './engine';
import { checkCallbackUrl } from './outbound/callbackUrl';
import { createEgressPolicy } from './outbound/egressPolicy';
import { createHttpClient } from './outbound/httpClient';
import { newSigningSecret } from './outbound/sign';
import { createReadiness } from './readiness';
import { createServices } from './services';
import { createAuthenticator } from './services/keys/authenticate';
import { ensureOperatorKey } from './services/keys/operatorKey';
import { createMetrics } from './services/metrics';
import { createSecretBox } from './services/secretBox';
import { createSubscriptionCache } from './services/subscriptionCache';
import { Stopper } from './stopper';
import { createTemporalLogger } from './temporal/logger';
import { TemporalLink } from './temporal/temporalLink';
import { runWorker } from './worker/worker';

const PARTITIONS_EVERY_MS = 60 * 60_000;
const INSTALLED_EVERY_MS = 60_000;
const WORKFLOW_BUNDLE = join(__dirname, '..', 'workflow-bundle.js');

/** Starts everything that the configuration names; what is started is told to `stopper`, which stops it in reverse. */
async function start(config: Config, { log, stopper }: { log: Logger; stopper: Stopper }): Promise<void> {
  const { role, retentionDays } = config;
  const secrets = await ensureLocalSecrets(config);

  const databaseUrl = config.databaseUrl ?? (await embeddedPostgres(config, { log, stopper }));
  await migrate(databaseUrl);
  const db = openDatabase({
    url: databaseUrl,
    onIdleError: (err) => log.warn({ event: 'database.connection_lost', err }),
  });
  stopper.add('database', () => db.close());
  await ensureOperatorKey(db.knex, secrets.operatorKey);
  every(PARTITIONS_EVERY_MS, { stopper, log, name: 'partitions', run: () => ensurePartitions(db.knex) });

  const server = config.temporal.connection ? null : await embeddedTemporal(config, { log, stopper });
  const connection = (config.temporal.connection ?? { address: server?.address }) as NativeConnectionOptions;
  const temporal = new TemporalLink({ connection, namespace: config.temporal.namespace, log });
  stopper.add('temporal connection', () => temporal.close());

  const egress = createEgressPolicy({ allow: config.egressAllow });
  const http = createHttpClient({ egress });
  stopper.add('outbound connections', () => http.close());
  const metrics = createMetrics({ oldestPendingSeconds: () => oldestPendingSeconds(db.knex) });
  const secretBox = createSecretBox(secrets.secretsKey);
  if ((await otherSecretKeyIds(db.knex, secretBox.keyId)).length > 0) {
    throw new Error('SECRETS_KEY is not the key that the stored signing secrets are encrypted with');
  }
  const subscriptions = createSubscriptionCache({ db, secretBox });
  const engine = createEngine({ role, db, temporal, subscriptions, retentionDays, http, metrics, log });
  await engine.start();
  stopper.add('engine', () => engine.stop());
  stopper.add('attempts under way', () => engine.idle(), { withinMs: 20_000 });

  const worker = role === 'api' ? null : await startWorker({ config, temporal, engine, log, stopper });

  if (role === 'worker') {
    log.info({ event: 'started', role });
    return;
  }
  const services = createServices({
    db: db.knex,
    publish: engine.publish,
    commands: engine.commands,
    secretBox,
    newSigningSecret,
    checkCallbackUrl: (text) => void checkCallbackUrl(text, egress),
  });
  const api = createApi({
    services,
    authenticate: createAuthenticator(db.knex),
    readiness: createReadiness({
      db,
      temporal,
      clockOffsetMs: engine.clockOffsetMs,
      isWorkerRunning: worker && (() => worker.isRunning()),
    }),
    metrics,
    log,
    maxEventBytes: config.maxEventBytes,
    rateLimitPerKey: config.rateLimitPerKey,
  });
  const listening = await api.listen({ host: config.host, port: config.port });
  stopper.add('API', () => listening.close());
  log.info({ event: 'started', role, url: listening.url });
  announce({ url: listening.url, temporalUiUrl: server?.uiUrl ?? null, operatorKeyFile: secrets.operatorKeyFile });
}

interface Parts {
  log: Logger;
  stopper: Stopper;
}

async function embeddedPostgres({ dataDir }: Config, { log, stopper }: Parts): Promise<string> {
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  stopper.add('embedded PostgreSQL', () => postgres.stop(), { withinMs: 60_000 });
  return postgres.url;
}

async function embeddedTemporal({ dataDir, temporal }: Config, { log, stopper }: Parts) {
  const cliPath = await findTemporalCli({
    cliPath: temporal.cliPath ?? undefined,
    cacheDir: await chooseCacheDir({ dataDir }),
    onProgress: (line) => log.info({ event: 'temporal.program', line }),
  });
  const { namespace } = temporal;
  const server = await startEmbeddedTemporal({ dataDir, cliPath, namespace, searchAttributes: SEARCH_ATTRIBUTES, log });
  stopper.add('embedded Temporal', () => server.stop());
  return server;
}

/** In the background: with a Temporal that is away the API accepts all the same. */
async function startWorker({
  config,
  temporal,
  engine,
  log,
  stopper,
}: Parts & { config: Config; temporal: TemporalLink; engine: ReturnType<typeof createEngine> }) {
  const running = temporal.connected.then(async ({ connection }) => {
    await temporal.ensureInstalled().catch((err: unknown) => log.warn({ event: 'temporal.not_installed', err }));
    every(INSTALLED_EVERY_MS, { stopper, log, name: 'schedules', run: () => temporal.ensureInstalled() });
    return runWorker({
      connection,
      namespace: config.temporal.namespace,
      workflows: { workflowBundle: { codePath: WORKFLOW_BUNDLE } },
      activities: engine.activities,
      log,
    });
  });
  let worker: Awaited<typeof running> | null = null;
  running.then(
    (started) => {
      worker = started;
    },
    (err: unknown) => log.warn({ event: 'worker.not_started', err }),
  );
  stopper.add('worker', async () => worker?.stop(), { withinMs: 30_000 });
  return { isRunning: () => worker?.isRunning() ?? false };
}

function every(ms: number, { stopper, log, name, run }: Parts & { name: string; run(): Promise<void> }): void {
  const timer = setInterval(() => {
    run().catch((err: unknown) => log.warn({ event: `${name}.failed`, err }));
  }, ms);
  stopper.add(name, async () => clearInterval(timer));
}

async function main(): Promise<void> {
  let config: Config;
  try {
    config = loadConfig();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
  const log = createLog({ level: config.logLevel });
  const stopper = new Stopper();

  // The Temporal runtime would take these signals for itself and leave the process standing: the order is ours.
  Runtime.install({ shutdownSignals: [], logger: createTemporalLogger(log) });
  let stopping: Promise<boolean> | undefined;
  const stop = (why: string) => {
    log.info({ event: 'stopping', why });
    stopping ??= stopper.stopAll(log);
    return stopping;
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // Asked twice: at once. Embedded servers that are left standing are found by the next start.
      if (stopping) process.exit(1);
      void stop(signal).then((isClean) => process.exit(isClean ? 0 : 1));
    });
  }

  try {
    await start(config, { log, stopper });
  } catch (error) {
    log.fatal({ event: 'start.failed', err: error });
    process.stderr.write(`\nPostrider could not start: ${error instanceof Error ? error.message : String(error)}\n`);
    await stop('start failed');
    process.exit(1);
  }
}

void main();

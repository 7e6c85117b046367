import { setTimeout } from 'node:timers/promises';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { createRateLimit } from '../api/rateLimit';
import { createApi, OPERATION_ROUTES, ROUTES } from '../api/server';
import { readApiKey } from '../config/apiKeyFile';
import type { Config } from '../config/config';
import { ensureLocalSecrets } from '../config/localSecrets';
import { openDatabase } from '../db/database';
import { findLargeBacklogs } from '../db/largeBacklogs';
import { oldestPendingSeconds } from '../db/oldestPending';
import { ensurePartitions } from '../db/partitions';
import { otherSecretKeyIds } from '../db/secrets';
import { createEngine } from '../engine';
import { checkCallbackUrl, parseCallbackUrl } from '../outbound/callbackUrl';
import { createEgressPolicy } from '../outbound/egressPolicy';
import { createHttpClient } from '../outbound/httpClient';
import { createNameLookup } from '../outbound/names/nameLookup';
import { Patterns } from '../outbound/patterns/patterns';
import { newSigningSecret } from '../outbound/sign';
import { createServices } from '../services';
import { askedTogether } from '../services/askedTogether';
import { createBacklogWarning } from '../services/backlogWarning';
import { createAuthenticator } from '../services/keys/authenticate';
import { ensureOperatorKey } from '../services/keys/operatorKey';
import { createMetrics } from '../services/metrics';
import { createSecretBox } from '../services/secretBox';
import { createSubscriptionCache } from '../services/subscriptionCache';
import { createTestCalls, TEST_CALLS_PER_KEY } from '../services/testCalls';
import { TemporalLink } from '../temporal/temporalLink';
import { announce } from './announce';
import { readEgressCa } from './egressCa';
import { endAttempts } from './endAttempts';
import { keepInstalled } from './installed';
import { loadEmbedded } from './loadEmbedded';
import { watchMaintenance } from './maintenanceMetrics';
import { createOwnServers } from './ownServers';
import { every, type Parts } from './parts';
import { createReadiness } from './readiness';
import { rereadFiles } from './rereadFiles';
import { startRounds } from './rounds';
import { openSchema } from './schema';
import { startWorker } from './worker';

const PARTITIONS_EVERY_MS = 60 * 60_000;
const BACKLOG_WARNING_EVERY_MS = 60_000;
/** It reads the index of all pending deliveries, and anybody may ask for /metrics. */
const OLDEST_PENDING_FOR_MS = 10_000;
/** Before the end of the grace the worker gives up what hangs, so that the rest can still be stopped in order. */
const WORKER_FORCED_BEFORE_END_MS = 2000;

/** Starts everything that the configuration names; what is started is told to `stopper`, which stops it in reverse. */
export async function start(config: Config, { log, stopper }: Parts): Promise<void> {
  const { role, retentionDays } = config;
  const { namespace } = config.temporal;
  const secrets = await ensureLocalSecrets(config);

  const { databaseUrl, schema } = await openSchema(config, { log, stopper });
  const db = openDatabase({
    url: databaseUrl,
    schema,
    onIdleError: (err) => log.warn({ event: 'database.connection_lost', err }),
    onRefused: (err) => log.error({ event: 'database.session_refused', err }),
  });
  stopper.add('database', () => db.close());
  await ensureOperatorKey(db.knex, secrets.operatorKey);
  every(PARTITIONS_EVERY_MS, { stopper, log, name: 'partitions', run: () => ensurePartitions(db.reserved) });

  const server = config.temporal.connection
    ? null
    : await (await loadEmbedded()).embeddedTemporal(config, { log, stopper });
  const connection = (config.temporal.connection ?? { address: server?.address }) as NativeConnectionOptions;
  const temporal = new TemporalLink({ connection, namespace, log });
  stopper.add('temporal connection', () => temporal.close());
  const { apiKey } = config.temporal;
  if (apiKey) {
    const { file, key: known } = apiKey;
    const read = () => readApiKey(file);
    rereadFiles(
      { name: 'TEMPORAL_API_KEY_FILE', read, known, apply: (key) => temporal.setApiKey(key) },
      { log, stopper },
    );
  }

  const ownServers = await createOwnServers({ config, databaseUrl, temporal: server }, { log, stopper });
  // Nothing may reach the listener in the moment before its port is known; port 0 is nobody's.
  await ownServers.add(() => [{ host: config.host, port: config.port }]);
  const egress = createEgressPolicy({ allow: config.egressAllow, ownServers });
  const patterns = new Patterns();
  const lookup = createNameLookup();
  let authorities = await readEgressCa(config.egressCaFiles);
  rereadFiles(
    {
      name: 'EGRESS_CA_FILE',
      read: () => readEgressCa(config.egressCaFiles),
      known: authorities,
      apply: (ca) => {
        authorities = ca;
      },
    },
    { log, stopper },
  );
  const callbacks = { egress, lookup, proxy: config.egressProxy, ca: () => authorities };
  const http = createHttpClient(callbacks);
  stopper.add('outbound connections', () => http.close());
  const testHttp = createHttpClient(callbacks);
  stopper.add('test connections', () => testHttp.close());
  const secretBox = createSecretBox(secrets.secretsKey);
  if ((await otherSecretKeyIds(db.knex, secretBox.keyId)).length > 0) {
    throw new Error('SECRETS_KEY is not the key that the stored signing secrets are encrypted with');
  }
  const oldestPending = askedTogether(() => oldestPendingSeconds(db.reserved), { keepMs: OLDEST_PENDING_FOR_MS });
  const metrics = createMetrics({ oldestPendingSeconds: oldestPending });
  watchMaintenance(metrics, db);
  keepInstalled({ temporal, metrics, log, stopper });
  const subscriptions = createSubscriptionCache({ db, secretBox });
  const engine = createEngine({ role, db, temporal, subscriptions, retentionDays, http, patterns, metrics, log });
  await engine.start();
  stopper.add('engine', () => engine.stop());
  if (role !== 'api') {
    const run = createBacklogWarning({ find: (query) => findLargeBacklogs(db.reserved, query), metrics, log });
    every(BACKLOG_WARNING_EVERY_MS, { stopper, log, name: 'backlog_warning', run });
    startRounds({ db, safetyNets: engine.safetyNets, metrics, log, stopper });
  }

  const { activities, clockOffsetMs } = engine;
  const shutdownForceMs = config.shutdownGraceMs - WORKER_FORCED_BEFORE_END_MS;
  const worker = role === 'api' ? null : startWorker({ temporal, namespace, activities, shutdownForceMs, log });
  stopper.announceTo(() => void worker?.stop());
  stopper.add('worker and attempts under way', () => endAttempts({ engine, worker, stopper }));

  const api = createApi({
    routes: role === 'worker' ? OPERATION_ROUTES : ROUTES,
    services: createServices({
      db: db.knex,
      publish: engine.publish,
      commands: engine.commands,
      steer: engine.steer,
      secretBox,
      newSigningSecret,
      testCalls: createTestCalls({ callOut: testHttp, quota: createRateLimit(TEST_CALLS_PER_KEY) }),
      quotaLimits: config.quotas,
      retentionDays,
      checkCallbackUrl: (text) => void checkCallbackUrl(text, egress),
      compilePattern: (input) => patterns.compile(input),
      checkUrlText: (text) => void parseCallbackUrl(text),
    }),
    authenticate: createAuthenticator(db.keys),
    light: engine.light,
    readiness: createReadiness({ role, db, temporal, clockOffsetMs, isWorkerRunning: worker?.isRunning ?? null }),
    metrics,
    log,
    maxEventBytes: config.maxEventBytes,
    corsOrigins: config.corsOrigins,
    rateLimitPerKey: config.rateLimitPerKey,
    rateLimitBytesPerKey: config.rateLimitBytesPerKey,
    secretsKey: secrets.secretsKey,
    isStopping: () => stopper.isStopping,
  });
  const { url, close } = await api.listen({ host: config.host, port: config.port });
  await ownServers.add(() => [{ host: config.host, port: Number(new URL(url).port) }]);
  stopper.add('API', async () => {
    // Load balancers see /readyz fail meanwhile, and send nobody here any more.
    await setTimeout(stopper.drainMs);
    await close();
  });
  log.info({ event: 'started', role, url });
  announce({ role, url, temporalUiUrl: server?.uiUrl ?? null, operatorKeyFile: secrets.operatorKeyFile });
}

import type { NativeConnectionOptions } from '@temporalio/worker';
import { createApi, OPERATION_ROUTES, ROUTES } from '../api/server';
import type { Config } from '../config/config';
import { ensureLocalSecrets } from '../config/localSecrets';
import { openDatabase } from '../db/database';
import { migrate } from '../db/migrate';
import { oldestPendingSeconds } from '../db/oldestPending';
import { ensurePartitions } from '../db/partitions';
import { otherSecretKeyIds } from '../db/secrets';
import { checkSessions } from '../db/sessionCheck';
import { createEngine } from '../engine';
import { checkCallbackUrl } from '../outbound/callbackUrl';
import { createEgressPolicy } from '../outbound/egressPolicy';
import { createHttpClient } from '../outbound/httpClient';
import { newSigningSecret } from '../outbound/sign';
import { createServices } from '../services';
import { createAuthenticator } from '../services/keys/authenticate';
import { ensureOperatorKey } from '../services/keys/operatorKey';
import { createMetrics } from '../services/metrics';
import { createSecretBox } from '../services/secretBox';
import { createSubscriptionCache } from '../services/subscriptionCache';
import { TemporalLink } from '../temporal/temporalLink';
import { announce } from './announce';
import { embeddedPostgres, embeddedTemporal } from './embedded';
import { every, type Parts } from './parts';
import { createReadiness } from './readiness';
import { startWorker } from './worker';

const PARTITIONS_EVERY_MS = 60 * 60_000;
/** Longer than most attempts take; what is still under way then is attempted again after the next start. */
const ATTEMPTS_END_WITHIN_MS = 20_000;

/** Starts everything that the configuration names; what is started is told to `stopper`, which stops it in reverse. */
export async function start(config: Config, { log, stopper }: Parts): Promise<void> {
  const { role, retentionDays } = config;
  const { namespace } = config.temporal;
  const secrets = await ensureLocalSecrets(config);

  const databaseUrl = config.databaseUrl ?? (await embeddedPostgres(config, { log, stopper }));
  const { schema } = await checkSessions(databaseUrl);
  await migrate(databaseUrl, { schema });
  const db = openDatabase({
    url: databaseUrl,
    schema,
    onIdleError: (err) => log.warn({ event: 'database.connection_lost', err }),
    onRefused: (err) => log.error({ event: 'database.session_refused', err }),
  });
  stopper.add('database', () => db.close());
  await ensureOperatorKey(db.knex, secrets.operatorKey);
  every(PARTITIONS_EVERY_MS, { stopper, log, name: 'partitions', run: () => ensurePartitions(db.reserved) });

  const server = config.temporal.connection ? null : await embeddedTemporal(config, { log, stopper });
  const connection = (config.temporal.connection ?? { address: server?.address }) as NativeConnectionOptions;
  const temporal = new TemporalLink({ connection, namespace, log });
  stopper.add('temporal connection', () => temporal.close());

  const egress = createEgressPolicy({ allow: config.egressAllow });
  const http = createHttpClient({ egress });
  stopper.add('outbound connections', () => http.close());
  const secretBox = createSecretBox(secrets.secretsKey);
  if ((await otherSecretKeyIds(db.knex, secretBox.keyId)).length > 0) {
    throw new Error('SECRETS_KEY is not the key that the stored signing secrets are encrypted with');
  }
  const metrics = createMetrics({ oldestPendingSeconds: () => oldestPendingSeconds(db.reserved) });
  const subscriptions = createSubscriptionCache({ db, secretBox });
  const engine = createEngine({ role, db, temporal, subscriptions, retentionDays, http, metrics, log });
  await engine.start();
  stopper.add('engine', () => engine.stop());
  stopper.add('attempts under way', () => engine.idle(), { withinMs: ATTEMPTS_END_WITHIN_MS });

  const { activities, clockOffsetMs } = engine;
  const worker = role === 'api' ? null : startWorker({ temporal, namespace, activities, log, stopper });

  const api = createApi({
    routes: role === 'worker' ? OPERATION_ROUTES : ROUTES,
    services: createServices({
      db: db.knex,
      publish: engine.publish,
      commands: engine.commands,
      steer: engine.steer,
      secretBox,
      newSigningSecret,
      callOut: http,
      checkCallbackUrl: (text) => void checkCallbackUrl(text, egress),
    }),
    authenticate: createAuthenticator(db.keys),
    readiness: createReadiness({ db, temporal, clockOffsetMs, isWorkerRunning: worker?.isRunning ?? null }),
    metrics,
    log,
    maxEventBytes: config.maxEventBytes,
    rateLimitPerKey: config.rateLimitPerKey,
  });
  const { url, close } = await api.listen({ host: config.host, port: config.port });
  stopper.add('API', close);
  log.info({ event: 'started', role, url });
  announce({ role, url, temporalUiUrl: server?.uiUrl ?? null, operatorKeyFile: secrets.operatorKeyFile });
}

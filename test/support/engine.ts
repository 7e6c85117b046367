import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { bundleWorkflowCode, Runtime, type WorkerOptions } from '@temporalio/worker';
import { pino } from 'pino';
import type { PublishedEvent } from '../../src/db/carrying/acceptance';
import { openDatabase } from '../../src/db/database';
import { loadSubscriptionSnapshots } from '../../src/db/subscriptionSnapshots';
import { createEngine } from '../../src/engine';
import { checkCallbackUrl, parseCallbackUrl } from '../../src/outbound/callbackUrl';
import { createEgressPolicy } from '../../src/outbound/egressPolicy';
import { createHttpClient } from '../../src/outbound/httpClient';
import { createNameLookup, type NameLookup } from '../../src/outbound/names/nameLookup';
import type { OwnServers } from '../../src/outbound/ownServers';
import { Patterns } from '../../src/outbound/patterns/patterns';
import type { EgressProxy } from '../../src/outbound/proxyHealth';
import { newSigningSecret } from '../../src/outbound/sign';
import { createServices } from '../../src/services';
import type { Caller } from '../../src/services/caller';
import { LaneWaker } from '../../src/services/laneWaker';
import { createMetrics } from '../../src/services/metrics';
import { type ReconcileResult, reconcile } from '../../src/services/reconcile';
import { createSecretBox } from '../../src/services/secretBox';
import { createSubscriptionCache } from '../../src/services/subscriptionCache';
import { TemporalLink } from '../../src/temporal/temporalLink';
import { runWorker } from '../../src/worker/worker';
import { testCallsOver } from './callOut';
import { createTestDatabase } from './postgres';
import { testServers } from './servers';
import { takeNamespace, temporalAddress } from './temporal';

export const OPERATOR: Caller = { keyId: 'test', tenantId: null, appId: null, roles: ['operator'], subject: null };
export const TENANT = 'acme';
const ANYWHERE = { kind: 'all' } as const;
const SECRETS_KEY = Buffer.alloc(32, 7);
const WORKFLOWS = join(__dirname, '..', '..', 'workflows', 'index.ts');

export type EngineRole = 'all' | 'api' | 'worker';

export interface EngineNodeOptions {
  /** Default `all`. */
  role?: EngineRole;
  /** Default: of the run's dev server. A port where nobody listens stands for a Temporal that is away. */
  temporalAddress?: string;
  namespace?: string;
  /** Default true for the roles that have one. */
  withWorker?: boolean;
  fanOut?: { atOnce: number; page: number };
  /** Default: loopback. */
  egressAllow?: string[];
  /** Of PostgreSQL, by another way than the installation's own. */
  url?: string;
  /** Default: a thread of its own. */
  patterns?: Pick<Patterns, 'isFound' | 'compile'>;
  /** Default: as the product has it. */
  lookup?: NameLookup;
  /** Default: none is known. */
  ownServers?: OwnServers;
  /** Default: callbacks go through none. */
  proxy?: EgressProxy;
}

export interface SubscribeInput {
  callbackUrl: string;
  /** Default `['gs']`. */
  topics?: string[];
  /** Default one repeat after a second. */
  retry?: 'gateway' | 'push' | number[];
  timeoutMs?: number;
  maxInFlight?: number;
  ordered?: boolean;
  historyRequired?: boolean;
  tenantId?: string;
}

/** The workflows as workers run them; bundled once per jest run, since it takes seconds. */
export async function workflowBundle(): Promise<Pick<WorkerOptions, 'workflowBundle'>> {
  const codePath = join(testServers().runDir, 'workflow-bundle.js');
  if (!existsSync(codePath)) {
    const { code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger: Runtime.instance().logger });
    const written = `${codePath}.${process.pid}`;
    writeFileSync(written, code);
    renameSync(written, codePath);
  }
  return { workflowBundle: { codePath } };
}

let isRuntimeInstalled = false;

/** One for a test file: quiet, and without hands on the process's signals. */
export function installRuntime(): void {
  if (isRuntimeInstalled) return;
  isRuntimeInstalled = true;
  const nothing = () => undefined;
  const logger = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
  Runtime.install({ shutdownSignals: [], logger, telemetryOptions: { logging: { filter: 'ERROR', forward: {} } } });
}

/**
 * One installation: a database and a Temporal namespace of its own, tenants `acme` and `rival` with the app `shop`
 * each, the topics `gs` and `hs`; and any number of processes on it, each as main.ts composes it, without the API.
 * The schedule of `reconcile` does not run here: tests call it.
 */
export async function startInstallation() {
  installRuntime();
  const database = await createTestDatabase();
  const db = openDatabase({ url: database.url, onIdleError: () => undefined });
  const { knex } = db;
  const tenants = [TENANT, 'rival'];
  await knex('tenants').insert(tenants.map((id) => ({ id, name: id })));
  await knex('apps').insert(tenants.map((tenant_id) => ({ tenant_id, id: 'shop', name: 'Shop' })));
  await knex('topics').insert(['gs', 'hs'].map((topic) => ({ topic, name: topic })));
  let namespace = takeNamespace();
  const nodes = new Set<EngineNode>();
  const secretBox = createSecretBox(SECRETS_KEY);

  async function startNode(options: EngineNodeOptions = {}): Promise<EngineNode> {
    const node = await startEngineNode({ url: database.url, namespace, secretBox, ...options });
    nodes.add(node);
    return node;
  }

  return {
    databaseUrl: database.url,
    db,
    knex,
    get namespace() {
      return namespace;
    },
    /** Temporal has lost its database: nodes started from now on find one that knows nothing. */
    loseTemporal() {
      namespace = takeNamespace();
    },
    startNode,
    snapshotOf: async (subscriptionId: string) => (await loadSubscriptionSnapshots(db, [subscriptionId]))[0],
    async stop() {
      for (const node of nodes) await node.stop();
      await db.close();
      await database.drop();
    },
  };
}

export type Installation = Awaited<ReturnType<typeof startInstallation>>;
type EngineNode = Awaited<ReturnType<typeof startEngineNode>>;

interface StartEngineNode extends EngineNodeOptions {
  url: string;
  namespace: string;
  secretBox: ReturnType<typeof createSecretBox>;
}

async function startEngineNode({ url, namespace, secretBox, ...options }: StartEngineNode) {
  const { role = 'all', withWorker = role !== 'api', temporalAddress: address = temporalAddress() } = options;
  const lines: Record<string, unknown>[] = [];
  const logged = new PassThrough();
  logged.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line));
  });
  const log = pino({ level: 'info' }, logged);
  const db = openDatabase({ url, onIdleError: () => undefined });
  const temporal = new TemporalLink({ connection: { address }, namespace, log });
  const egress = createEgressPolicy({
    allow: options.egressAllow ?? ['127.0.0.0/8', '::1/128'],
    ownServers: options.ownServers,
  });
  const { lookup = createNameLookup() } = options;
  const http = createHttpClient({ egress, lookup, proxy: options.proxy });
  const testHttp = createHttpClient({ egress, lookup, proxy: options.proxy });
  const patterns = options.patterns ?? new Patterns();
  const metrics = createMetrics({ oldestPendingSeconds: async () => 0 });
  const subscriptions = createSubscriptionCache({ db, secretBox });
  const engine = createEngine({
    role,
    db,
    temporal,
    subscriptions,
    retentionDays: 30,
    http,
    patterns,
    metrics,
    log,
    fanOut: options.fanOut,
  });
  await engine.start();
  const services = createServices({
    db: db.knex,
    publish: engine.publish,
    commands: engine.commands,
    steer: engine.steer,
    secretBox,
    newSigningSecret,
    retentionDays: 30,
    testCalls: testCallsOver(testHttp),
    checkCallbackUrl: (text) => void checkCallbackUrl(text, egress),
    compilePattern: (input) => patterns.compile(input),
    checkUrlText: (text) => void parseCallbackUrl(text),
  });

  async function startWorker() {
    const { connection } = await temporal.connected;
    const worker = runWorker({
      connection,
      namespace,
      workflows: await workflowBundle(),
      activities: engine.activities,
      log,
    });
    await waitFor(() => worker.isRunning() || undefined, { what: 'a running worker', timeoutMs: 20_000 });
    return worker;
  }
  const worker = withWorker ? await startWorker() : null;
  if (!worker && options.temporalAddress === undefined) await temporal.connected;

  const { workflows } = engine;
  const lanes = new LaneWaker({ workflows, onFault: () => undefined });
  const target = (id: string, version = 0) => subscriptions.get(id, version);
  let stopping: Promise<void> | undefined;

  return {
    engine,
    services,
    http,
    metrics,
    /** What was logged so far, one object a line. */
    lines,
    get client() {
      return temporal.client;
    },
    publish: (input: Partial<PublishedEvent> = {}) => engine.publish(eventOf(input)),
    async subscribe({ callbackUrl, tenantId = TENANT, ...settings }: SubscribeInput): Promise<string> {
      const { id } = await services.subscriptions.create({
        caller: OPERATOR,
        app: { tenantId, appId: 'shop' },
        callbackUrl,
        topics: ['gs'],
        description: null,
        timeoutMs: 15_000,
        retry: [1],
        maxInFlight: 10,
        ordered: false,
        historyRequired: false,
        ...settings,
      });
      return id;
    },
    pause: (id: string) => services.subscriptions.pause({ id, scope: ANYWHERE }),
    resume: (id: string) => services.subscriptions.resume({ id, scope: ANYWHERE }),
    deleteSubscription: (id: string) => services.subscriptions.delete({ id, scope: ANYWHERE }),
    retry: (id: string) => services.deliveries.retry({ id, scope: ANYWHERE }),
    /** Of an ordered subscription's lane. */
    async laneId({ subscriptionId, topic = 'gs' }: { subscriptionId: string; topic?: string }): Promise<string> {
      const lane = await db.knex('lanes').where({ subscription_id: subscriptionId, topic }).first('id');
      return lane.id;
    },
    processHistory: (laneIds: string[]) => engine.commands.processHistory(laneIds),
    activate: (laneIds: string[], options?: { since: Date }) => engine.commands.activateLanes(laneIds, options),
    stopLane: (laneId: string) => engine.commands.stopLane(laneId),
    cancel: (id: string) => services.deliveries.cancel({ id, scope: ANYWHERE }),
    /** One round, in this process rather than as an activity. */
    reconcile: ({ signal = new AbortController().signal, onProgress = () => {} } = {}): Promise<ReconcileResult> =>
      reconcile({
        db,
        workflows,
        lanes,
        target,
        onProgress,
        onFault: () => undefined,
        signal,
      }),
    stop() {
      stopping ??= (async () => {
        await worker?.stop();
        await engine.idle();
        await engine.stop();
        await http.close();
        await testHttp.close();
        await temporal.close();
        // One that was never connected gives up in its own time.
        await temporal.connected.catch(() => undefined);
        await db.close();
      })();
      return stopping;
    },
  };
}

let published = 0;

export function eventOf(input: Partial<PublishedEvent> = {}): PublishedEvent {
  return {
    tenantId: TENANT,
    source: 'test',
    topic: 'gs',
    type: 'cert',
    status: '1',
    key: `test.gs.cert.${++published}`,
    changes: '["id1"]',
    publisher: { tenantId: TENANT, appId: null, keyId: 'test' },
    ...input,
  };
}

/** Until `find` has something other than undefined; asks it again and again, up to the deadline. */
export async function waitFor<T>(
  find: () => T | undefined | Promise<T | undefined>,
  { what, timeoutMs = 20_000 }: { what: string | (() => string); timeoutMs?: number },
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { createActivities } from '../activities';
import { Patience } from '../activities/patience';
import { acceptEvents } from './db/carrying/accept';
import { divertToLane, markAwake } from './db/carrying/lanes';
import { recordOutcomes } from './db/carrying/outcomes';
import type { Database } from './db/database';
import { beat, leave } from './db/processes';
import { isContentError } from './db/violations';
import { CALLBACK_FORMATS } from './outbound/formats';
import type { HttpClient } from './outbound/httpClient';
import { signatureHeaders } from './outbound/sign';
import type { Unsent } from './services/attempts/attempt';
import { AttemptRunner } from './services/attempts/attemptRunner';
import { BacklogWatch } from './services/attempts/backlogWatch';
import { Gate } from './services/attempts/gate';
import { OutcomeRecorder } from './services/attempts/outcomeRecorder';
import { Carriers } from './services/carriers/carriers';
import { Dispatcher } from './services/dispatch';
import { Heartbeat } from './services/heartbeat';
import { createLaneDrain } from './services/laneDrain';
import { LaneWaker } from './services/laneWaker';
import type { Metrics } from './services/metrics';
import { createPublish } from './services/publish';
import { createReport } from './services/report';
import { createCommands } from './services/steer';
import { liveSecrets, type SubscriptionCache } from './services/subscriptionCache';
import type { TemporalLink } from './temporal/temporalLink';
import { createWorkflows } from './temporal/workflows';
import { WORKFLOW_TASK_SLOTS } from './worker/worker';

export interface EngineOptions {
  role: 'all' | 'api' | 'worker';
  db: Database;
  temporal: TemporalLink;
  subscriptions: SubscriptionCache;
  retentionDays: number;
  http: HttpClient;
  metrics: Metrics;
  log: Logger;
}

/** The heart: accepting, dispatching, attempting, carrying. Everything that it needs is handed in. */
export function createEngine({ role, db, temporal, subscriptions, retentionDays, http, metrics, log }: EngineOptions) {
  const processId = randomUUID();
  const report = createReport({ metrics, log });
  const target = (id: string, version = 0) => subscriptions.get(id, version);

  const heartbeat = new Heartbeat({
    beat: () => beat(db.knex, { id: processId, role }),
    leave: () => leave(db.knex, processId),
    onFault: report.fault('process.beat_failed'),
  });
  const workflows = createWorkflows({ client: () => temporal.client, eager: role !== 'api', newId: randomUUID });
  const carriers = new Carriers({ workflows, onFault: report.carrierFault });
  const lanes = new LaneWaker({
    workflows,
    markAwake: (subscriptionId) => markAwake(db, subscriptionId),
    onFault: report.laneFault,
  });
  const gate = new Gate<Unsent>();
  const recorder = new OutcomeRecorder({
    write: (outcomes) => recordOutcomes(db, outcomes),
    isContentError,
    onWriteError: report.outcomeFault,
  });
  const share = (maxInFlight: number) => heartbeat.share(maxInFlight);

  const runner: AttemptRunner = new AttemptRunner({
    gate,
    recorder,
    target,
    share,
    call(config, delivery) {
      report.attemptStarted(delivery, heartbeat.clockOffsetMs);
      const nowMs = Date.now() + heartbeat.clockOffsetMs;
      const format = CALLBACK_FORMATS[config.interface];
      const body = format.body(delivery);
      const secrets = liveSecrets(config, nowMs);
      const signature = signatureHeaders({ id: delivery.deliveryId, body, timestampS: nowMs / 1000, secrets });
      return http.post({
        url: config.callbackUrl,
        headers: { 'content-type': format.contentType, 'user-agent': 'Postrider', ...signature },
        body,
        timeoutMs: config.timeoutMs,
      });
    },
    onAttempted: (attempted) => report.attempted(attempted, heartbeat.clockOffsetMs),
    onEnded: (underWay, end) => {
      report.ended(end);
      dispatcher.onEnded(underWay, end);
    },
    onFault: report.attemptFault,
  });

  const dispatcher = new Dispatcher({
    runner,
    carriers,
    lanes,
    target,
    signalEnded: (delivery) => {
      workflows.signalDelivery(delivery, 'attemptEnded').catch(report.signalFault(delivery.deliveryId));
    },
    attempting: role === 'all',
    onFault: report.dispatchFault,
  });

  const backlogs = new BacklogWatch({
    gate,
    lanes,
    target,
    divert: (backlog) => divertToLane(db, backlog),
    onFault: report.laneFault,
  });

  const publish = createPublish({
    accept: (events) => acceptEvents(db, { events, attempting: role === 'all' }),
    isContentError,
    onAccepted(event, { deliveries }) {
      dispatcher.dispatch(event, deliveries);
      report.accepted(event, deliveries.length);
    },
  });
  const commands = createCommands({ db, workflows, carriers, lanes, target, report });

  const patience = new Patience(WORKFLOW_TASK_SLOTS);
  const laneDrain = createLaneDrain({ db, runner, gate, carriers, target, share });
  const activities = createActivities({
    db,
    runner,
    carriers,
    patience,
    target,
    workflows,
    lanes,
    laneDrain,
    retentionDays,
  });

  return {
    publish,
    commands,
    activities,
    async start() {
      await heartbeat.start();
      backlogs.start();
    },
    /** PostgreSQL's clock minus this process's. */
    clockOffsetMs: () => heartbeat.clockOffsetMs,
    /** Resolves when no attempt is under way, none unrecorded, and every workflow that was to start has been asked for. */
    async idle() {
      await runner.idle();
      await carriers.idle();
    },
    async stop() {
      backlogs.stop();
      await heartbeat.stop();
    },
  };
}

export type Engine = ReturnType<typeof createEngine>;

import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { createActivities } from '../activities';
import { Patience } from '../activities/patience';
import { isCallSlotWanted, returnCallSlots, takeCallSlots } from './db/callSlots';
import { acceptEvents, MAX_AT_ONCE } from './db/carrying/accept';
import { divertToLane, relieveWorkflows } from './db/carrying/lanes';
import { recordOutcomes } from './db/carrying/outcomes';
import { renewClaims } from './db/carrying/renewClaims';
import { endSickness, markSick } from './db/carrying/sick';
import { cancelDelivery } from './db/carrying/steer';
import { asShare } from './db/connectionShare';
import type { Database } from './db/database';
import { readUnnamedBeforeMs } from './db/namedSince';
import { readRecipients } from './db/pagedInterfaces';
import { beat, leave, meetOthers } from './db/processes';
import { createSteer, forgetSteerings, readSteerings } from './db/steerings';
import { isContentError, isLockTimeout } from './db/violations';
import { sendCallback } from './outbound/callback';
import { createCallbackFormats } from './outbound/formats';
import type { HttpClient } from './outbound/httpClient';
import type { Patterns } from './outbound/patterns/patterns';
import type { Unsent } from './services/attempts/attempt';
import { AttemptRunner } from './services/attempts/attemptRunner';
import { BacklogWatch } from './services/attempts/backlogWatch';
import { CallLeases } from './services/attempts/callLeases';
import { ClaimKeeper } from './services/attempts/claimKeeper';
import { Gate } from './services/attempts/gate';
import { GONE_AFTER_MS, InFlightShares, livingOf, type Sharing } from './services/attempts/inFlightShares';
import { OutcomeRecorder } from './services/attempts/outcomeRecorder';
import { OwnWorkflowWatch } from './services/attempts/ownWorkflowWatch';
import { Paces } from './services/attempts/paces';
import { ReceiverWatch } from './services/attempts/receiverWatch';
import { createAuditLog } from './services/auditLog';
import { Carriers } from './services/carriers/carriers';
import { Dispatcher } from './services/dispatch';
import { createDrainSideBySide } from './services/draining/drainSideBySide';
import { LaneNews } from './services/draining/laneNews';
import { createPushInOrder } from './services/draining/pushInOrder';
import { createFanOut } from './services/fanOut';
import { Heartbeat } from './services/heartbeat';
import { LaneWaker } from './services/laneWaker';
import type { Metrics } from './services/metrics';
import { createPublish } from './services/publish';
import { createReport } from './services/report';
import { createSafetyNets } from './services/rounds/safetyNets';
import { createCommands } from './services/steer';
import { createRevalidation } from './services/steering/revalidation';
import { SteeringWatch } from './services/steering/steeringWatch';
import { liveSecrets, type SubscriptionCache } from './services/subscriptionCache';
import { HeavyPaces } from './services/writers/heavyPaces';
import { LightPublishes } from './services/writers/lightPublishes';
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
  patterns: Pick<Patterns, 'isFound'>;
  metrics: Metrics;
  log: Logger;
  /** Of an event that matches many: written before the answer, and a page after it. Defaults: MAX_AT_ONCE, PAGE. */
  fanOut?: { atOnce: number; page: number };
}

/** The heart: accepting, dispatching, attempting, carrying. Everything that it needs is handed in. */
export function createEngine({
  role,
  db,
  temporal,
  subscriptions,
  retentionDays,
  http,
  patterns,
  metrics,
  log,
  fanOut,
}: EngineOptions) {
  const processId = randomUUID();
  /** What this process accepts it attempts at once; else a worker does. */
  const attempting = role === 'all';
  const report = createReport({ metrics, log });
  const target = (id: string, version = 0) => subscriptions.get(id, version);
  /** Whoever's call the work happens in, the connections that it takes count for the subscription's tenant. */
  const asSubscription = async <T>(id: string, work: () => Promise<T>): Promise<T> => {
    const { tenantId } = await target(id);
    return asShare({ tenantId, flow: id }, work);
  };

  const heartbeat = new Heartbeat({
    beat() {
      shares.lapse();
      return beat(db.reserved, { id: processId, role, ...shares.toSay() });
    },
    async meet(saidAt) {
      if (role === 'api') return true;
      const { isChanged, ...read } = await meetOthers(db.reserved, livingOf);
      return !shares.hear(read, saidAt) && !isChanged && shares.isSettled;
    },
    leave: () => leave(db.reserved, processId),
    onClockWentBack: report.clockWentBack,
    onFault: report.fault('process.beat_failed'),
  });
  let unnamedBeforeMs = 0;
  const workflows = createWorkflows({
    temporal,
    eager: role !== 'api',
    newId: randomUUID,
    unnamedBeforeMs: () => unnamedBeforeMs,
  });
  const carriers = new Carriers({ workflows, attempting, onFault: report.carrierFault });
  const lanes = new LaneWaker({ workflows, onFault: report.laneFault });
  const news = new LaneNews();
  const paces = new Paces({ onPaced: report.paced });
  const light = new LightPublishes();
  const heavyPaces = new HeavyPaces(light);
  const gate: Gate<Unsent> = new Gate<Unsent>(paces, {
    of: (sharing) => shares.of(sharing),
    onFull: (sharing) => leases.want(sharing),
  });
  const leases: CallLeases = new CallLeases({
    take: ({ id: subscriptionId, maxInFlight, timeoutMs }, held) =>
      asSubscription(subscriptionId, () =>
        takeCallSlots(db, { subscriptionId, processId, maxInFlight, held, timeoutMs, goneAfterMs: GONE_AFTER_MS }),
      ),
    giveBack: ({ id: subscriptionId }, slots) =>
      asSubscription(subscriptionId, () => returnCallSlots(db, { subscriptionId, processId, slots })),
    isWanted: ({ id: subscriptionId }) =>
      asSubscription(subscriptionId, () => isCallSlotWanted(db, { subscriptionId, processId })),
    mayLease: (sharing) => shares.mayLease(sharing),
    inFlightOf: (subscriptionId) => gate.inFlightOf(subscriptionId),
    isWaiting: (subscriptionId) => gate.isWaiting(subscriptionId),
    onChanged: () => gate.admitWaiting(),
    onFault: report.laneFault,
  });
  const shares: InFlightShares = new InFlightShares({
    processId,
    inFlight: () => gate.inFlight(),
    leased: (sharing) => leases.of(sharing),
    onChanged: () => gate.admitWaiting(),
    onLapsed: () => leases.forget(),
  });
  const recorder = new OutcomeRecorder({
    write: (outcomes, { lockTimeoutMs }) => recordOutcomes(db, outcomes, { lockTimeoutMs }),
    isContentError,
    isLockTimeout,
    onWriteError: report.outcomeFault,
  });
  const steering = new SteeringWatch({
    read: (xmin) => readSteerings(db.polling, xmin),
    forget: () => forgetSteerings(db),
    onSteered(steered) {
      for (const one of steered) {
        if (!('subscriptionId' in one)) continue;
        subscriptions.forget(one.subscriptionId);
        paces.forget(one.subscriptionId);
      }
    },
    onFault: report.fault('steering.poll_failed'),
  });
  const steer = createSteer({ knex: db.knex, onSteered: (steerings) => steering.apply(steerings) });
  const formats = createCallbackFormats({ pageOf: (deliveryId) => readRecipients(db, deliveryId), patterns });
  const claims = new ClaimKeeper({
    renew: (held) => renewClaims(db, held),
    onFault: report.fault('delivery.claims_not_renewed'),
  });
  const share = (sharing: Sharing) => {
    const part = shares.of(sharing);
    if (part < sharing.maxInFlight) leases.want(sharing);
    return part;
  };

  const runner: AttemptRunner = new AttemptRunner({
    gate,
    recorder,
    target,
    steering: {
      now: () => steering.now(),
      hasSteered: (target, seen) => steering.hasSteered(target, seen),
      // Asked right before the first byte leaves: also whether this process may still begin calls.
      mayBegin: (target, seen) => shares.isHeld && steering.mayBegin(target, seen),
      fresh: async (withinMs) => (await steering.fresh(withinMs)) && shares.isHeld,
    },
    revalidate: createRevalidation({ db, lanes, target }),
    async call(config, delivery, { mayBegin, startWithinMs }) {
      report.attemptStarted(delivery, heartbeat.clockOffsetMs);
      const nowMs = Date.now() + heartbeat.clockOffsetMs;
      try {
        return await sendCallback(
          { http, formats },
          {
            interface: config.interface,
            url: config.callbackUrl,
            timeoutMs: config.timeoutMs,
            share: { tenantId: config.tenantId, flow: config.id },
            startWithinMs,
            content: { ...delivery, interfaceData: config.interfaceData },
            secrets: liveSecrets(config, nowMs),
            nowMs,
            mayBegin,
            onUndecided: (decided) => claims.keep(delivery, decided),
          },
        );
      } catch (error) {
        report.attemptNotMade();
        throw error;
      }
    },
    onWithheld: report.attemptNotMade,
    async cancel({ deliveryId, subscriptionId }) {
      report.attemptNotMade();
      const { kind } = await asSubscription(subscriptionId, () =>
        cancelDelivery(steer, { deliveryId, reason: 'no_recipients' }),
      );
      if (kind === 'cancelled') report.cancelled(deliveryId);
    },
    onUnsent: report.unsent,
    isTooEarly: (attempted) => paces.isTooEarly(attempted),
    onAttempted(attempted) {
      report.attempted(attempted, heartbeat.clockOffsetMs);
      receivers.observe(attempted, paces.observe(attempted));
    },
    onEnded: (underWay, end) => {
      report.ended(end);
      dispatcher.onEnded(underWay, end);
    },
    onFault: report.attemptFault,
  });

  const signals = new Set<Promise<void>>();
  const dispatcher = new Dispatcher({
    runner,
    carriers,
    lanes,
    news,
    ownWorkflows: new OwnWorkflowWatch({
      relieve: (subscriptionId) => asSubscription(subscriptionId, () => relieveWorkflows(db, subscriptionId)),
      onRelieved: (config) => lanes.wake(config),
      onFault: report.laneFault,
    }),
    target,
    signalEnded: (delivery) => {
      const signal: Promise<void> = workflows
        .signalDelivery(delivery, 'attemptEnded')
        .catch(report.signalFault(delivery.deliveryId))
        .finally(() => signals.delete(signal));
      signals.add(signal);
    },
    attempting,
    onFault: report.dispatchFault,
  });

  const backlogs = new BacklogWatch({
    gate,
    lanes,
    target,
    divert: (backlog) => asSubscription(backlog.subscriptionId, () => divertToLane(db, backlog)),
    onFault: report.laneFault,
  });
  const receivers: ReceiverWatch = new ReceiverWatch({
    markSick: (sick) => asSubscription(sick.subscriptionId, () => markSick(db, sick)),
    endSickness: (subscriptionId) => asSubscription(subscriptionId, () => endSickness(db, subscriptionId)),
    onSick(config) {
      report.sick(config);
      lanes.wake(config);
      backlogs.divert(config.id);
    },
    onRecovered(config) {
      report.recovered(config);
      lanes.wake(config);
    },
    onFault: report.laneFault,
  });

  const publish = createPublish({
    accept: (events, options) =>
      acceptEvents(db, {
        ...{ events, attempting, ...options },
        maxAtOnce: Math.min(options.maxAtOnce, fanOut?.atOnce ?? MAX_AT_ONCE),
      }),
    isContentError,
    isLockTimeout,
    steering,
    light,
    heavyPaces,
    onAccepted(event, { deliveries, isUnfinished }, seen) {
      dispatcher.dispatch(event, deliveries, seen);
      if (isUnfinished) {
        const { id: eventId, tenantId, topic } = event;
        workflows.startFanOut({ eventId, tenantId, topic }).catch((error) => report.fanOutFault(error, eventId));
      }
      report.accepted(event, deliveries.length);
    },
  });
  const commands = createCommands({ db, steer, workflows, carriers, lanes, target, report });

  const patience = new Patience(WORKFLOW_TASK_SLOTS);
  const drainSideBySide = createDrainSideBySide({
    db,
    runner,
    gate,
    carriers,
    receivers,
    steering,
    target,
    share,
    onFault: report.laneWriteFault,
  });
  const pushInOrder = createPushInOrder({
    db,
    runner,
    news,
    steering,
    paceWaitMs: (subscriptionId) => paces.waitMs(subscriptionId),
    onPushed: report.pushed,
    onWriteError: report.laneWriteFault,
  });
  const safetyNets = createSafetyNets({
    ...{ db, workflows, lanes, target, retentionDays },
    onFault: report.fault('reconcile.not_carried_on'),
  });
  const activities = createActivities({
    db,
    runner,
    carriers,
    patience,
    steering,
    steer,
    target,
    workflows,
    lanes,
    commands,
    onAudited: createAuditLog(log),
    drainSideBySide,
    pushInOrder,
    fanOut: createFanOut({
      ...{ db, heavyPaces, page: fanOut?.page },
      carry: (deliveries) => dispatcher.carry(deliveries),
    }),
    safetyNets,
  });

  return {
    publish,
    light,
    commands,
    steer,
    activities,
    workflows,
    safetyNets,
    async start() {
      unnamedBeforeMs = await readUnnamedBeforeMs(db.reserved);
      await heartbeat.start();
      if (role !== 'api') await steering.start();
      backlogs.start();
      leases.start();
    },
    /** PostgreSQL's clock minus this process's. */
    clockOffsetMs: () => heartbeat.clockOffsetMs,
    /** Resolves when no attempt is under way, none unrecorded, and every workflow that was to hear of one has been told. */
    async idle() {
      await runner.idle();
      await carriers.idle();
      await Promise.all(signals);
      await lanes.idle();
    },
    /**
     * This process stops: what waits for its turn goes behind its lane, and calls under way end. Each of these is an attempt
     * on record that uses up nothing of the policy, and is due at once for whoever carries it on.
     */
    async handOver() {
      await backlogs.divertAll();
      http.handOver();
    },
    async stop() {
      backlogs.stop();
      leases.stop();
      await steering.stop();
      await heartbeat.stop();
    },
  };
}

export type Engine = ReturnType<typeof createEngine>;

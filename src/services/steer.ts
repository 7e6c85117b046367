import type { Knex } from 'knex';
import type { DeliveryCarrier } from '../contracts/ids';
import type { DeliveryState } from '../contracts/states';
import { pauseSubscription, resumeSubscription } from '../db/carrying/pauseSubscription';
import { cancelDelivery, retryDelivery } from '../db/carrying/steer';
import { activateLanes, type LaneRef, processHistory, stopLane } from '../db/carrying/steerLanes';
import { asShare } from '../db/connectionShare';
import type { Database } from '../db/database';
import { type Steer, steerOnce } from '../db/steerings';
import { sweepCancellations } from '../db/sweeping/sweepCancellations';
import type { Share } from '../domain/fairness/fairQueue';
import type { AttemptTarget } from './attempts/attempt';
import type { Carriers } from './carriers/carriers';
import type { Workflows } from './carriers/port';
import type { Commands } from './commands';
import { Conflict, notFound } from './errors';
import type { LaneWaker } from './laneWaker';
import type { Report } from './report';
import { subjectOf } from './subject';
import { GroupWriter } from './writers/groupWriter';

export interface SteerOptions {
  db: Database;
  steer: Steer;
  workflows: Workflows;
  carriers: Carriers;
  lanes: LaneWaker;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
  report: Pick<Report, 'cancelled' | 'signalFault' | 'fault'>;
}

const SWEEP: Share = { tenantId: 'sweep', flow: '' };

type ToSignal = DeliveryCarrier & { subscriptionId: string; topic: string };

/** PostgreSQL first, then the signal. */
export function createCommands(options: SteerOptions): Commands {
  const { db, steer, workflows, carriers, lanes, target, report } = options;
  const knex: Knex = db.knex;
  /**
   * One sweep at a time, however many ask, and one page of each cancellation: a call that can be made many times a second
   * pays for no more. A large one is reconcile's.
   */
  const sweeps = new GroupWriter<void, void>({
    write: async (asked) => {
      // It is nobody's in particular, whoever asked for it first.
      await asShare(SWEEP, () => sweepCancellations(db.reserved, () => false));
      return asked;
    },
    maxItems: Number.POSITIVE_INFINITY,
  });
  const sweepFault = report.fault('cancellations.not_swept');

  async function tell(told: LaneRef[]): Promise<void> {
    for (const { subscriptionId, topic } of told) lanes.wake(await target(subscriptionId), topic);
  }

  /** It only saves time, so nobody waits for it: a carrier that does not hear it finds the row as it is. */
  function signal({ subscriptionId, topic, ...carrier }: ToSignal, name: 'retryNow' | 'cancel'): void {
    target(subscriptionId)
      .then((to) => workflows.signalDelivery({ ...carrier, subject: subjectOf(to, topic) }, name))
      .catch(report.signalFault(carrier.deliveryId));
  }

  return {
    async retryDelivery(deliveryId) {
      const retried = await retryDelivery(knex, deliveryId);
      switch (retried.kind) {
        case 'unknown':
          throw notFound('delivery');
        case 'refused':
          throw retryRefused(retried.because);
        case 'under_way':
          return;
        case 'behind_lane':
          return tell([retried.lane]);
        case 'in_line':
          return tell(await activateLanes(knex, steer, { laneIds: [retried.laneId], since: null }));
        case 'due': {
          const { generation, subscriptionId, topic } = retried;
          if (!retried.isNew) return signal({ deliveryId, generation, subscriptionId, topic }, 'retryNow');
          const subject = subjectOf(await target(subscriptionId, retried.subscriptionVersion), topic);
          carriers.carryAlone({ deliveryId, generation, subject });
        }
      }
    },

    async cancelDelivery(deliveryId) {
      const cancelled = await cancelDelivery(steer, { deliveryId, reason: 'cancelled by hand', isAct: true });
      if (cancelled.kind === 'unknown') throw notFound('delivery');
      if (cancelled.kind === 'refused') throw cancelRefused(cancelled.state);
      report.cancelled(deliveryId);
      if (cancelled.lane) return tell([cancelled.lane]);
      const { generation, subscriptionId, topic } = cancelled;
      signal({ deliveryId, generation, subscriptionId, topic }, 'cancel');
    },

    async pauseSubscription(subscriptionId) {
      await tell((await pauseSubscription(steer, subscriptionId)) ?? []);
    },

    async resumeSubscription(subscriptionId) {
      await tell((await resumeSubscription(steer, subscriptionId)) ?? []);
    },

    processHistory: async (laneIds) => tell(await processHistory(steer, laneIds)),
    async activateLanes(laneIds, { since = null, read = async () => undefined } = {}) {
      await tell(await activateLanes(knex, steerOnce(steer, read), { laneIds, since }));
    },

    async stopLane(laneId) {
      const stopped = await stopLane(steer, laneId);
      if (stopped === 'refused') {
        throw new Conflict(
          'lane_not_stoppable',
          'only a lane of an ordered subscription whose history is processed can be stopped',
        );
      }
      if (stopped) await tell([stopped]);
    },

    sweepCancellations: () => void sweeps.submit().catch(sweepFault),
  };
}

const RETRY_REFUSALS = {
  grant_withdrawn: ['grant_withdrawn', 'the tenant of its event has withdrawn its grant from the app'],
  paused: ['subscription_paused', 'the subscription is paused: resume it, then its deliveries go out'],
  awaiting_history: [
    'awaiting_history',
    'its lane waits for its history: after historyProcessed its deliveries go out',
  ],
  delivered: ['already_delivered', 'a delivered delivery cannot be retried'],
  cancelled: ['already_cancelled', 'a cancelled delivery cannot be retried'],
} as const;

function retryRefused(because: keyof typeof RETRY_REFUSALS): Conflict {
  const [code, message] = RETRY_REFUSALS[because];
  return new Conflict(code, message);
}

function cancelRefused(state: Exclude<DeliveryState, 'pending'>): Conflict {
  return new Conflict(`already_${state}`, `a ${state} delivery cannot be cancelled`);
}

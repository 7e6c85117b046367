import type { Knex } from 'knex';
import type { DeliveryCarrier } from '../contracts/ids';
import { markAwake } from '../db/carrying/lanes';
import { cancelDelivery, pauseSubscription, resumeSubscription, retryDelivery } from '../db/carrying/steer';
import { sweepCancellations } from '../db/carrying/sweepCancellations';
import type { Database } from '../db/database';
import type { AttemptTarget } from './attempts/attempt';
import type { Carriers } from './carriers/carriers';
import type { Workflows } from './carriers/port';
import type { Commands } from './commands';
import { notFound, Refusal } from './errors';
import type { LaneWaker } from './laneWaker';
import type { Report } from './report';
import { subjectOf } from './subject';

export interface SteerOptions {
  db: Database;
  workflows: Workflows;
  carriers: Carriers;
  lanes: LaneWaker;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
  report: Pick<Report, 'cancelled' | 'signalFault'>;
}

/** PostgreSQL first, then the signal. */
export function createCommands(options: SteerOptions): Commands {
  const { db, workflows, carriers, lanes, target, report } = options;
  const knex: Knex = db.knex;

  async function wakeLane(subscriptionId: string): Promise<void> {
    await markAwake(db, subscriptionId);
    lanes.wake(await target(subscriptionId));
  }

  /** It only saves time, so nobody waits for it: a carrier that does not hear it finds the row as it is. */
  function signal(carrier: DeliveryCarrier, name: 'retryNow' | 'cancel'): void {
    workflows.signalDelivery(carrier, name).catch(report.signalFault(carrier.deliveryId));
  }

  return {
    async retryDelivery(deliveryId) {
      const retried = await retryDelivery(knex, deliveryId);
      switch (retried.kind) {
        case 'unknown':
          throw notFound('delivery');
        case 'refused':
          throw new Refusal(
            409,
            retried.state === 'paused'
              ? 'the subscription is paused: resume it, then its deliveries go out'
              : `a ${retried.state} delivery cannot be retried`,
          );
        case 'under_way':
          return;
        case 'behind_lane':
          return wakeLane(retried.subscriptionId);
        case 'due': {
          const { generation } = retried;
          if (!retried.isNew) {
            signal({ deliveryId, generation }, 'retryNow');
            return;
          }
          const subject = subjectOf(await target(retried.subscriptionId, retried.subscriptionVersion), retried.topic);
          carriers.carryAlone({ deliveryId, generation, subject });
        }
      }
    },

    async cancelDelivery(deliveryId) {
      const cancelled = await cancelDelivery(knex, { deliveryId, reason: 'cancelled by hand' });
      if (cancelled.kind === 'unknown') throw notFound('delivery');
      if (cancelled.kind === 'refused') throw new Refusal(409, `a ${cancelled.state} delivery cannot be cancelled`);
      report.cancelled(deliveryId);
      signal({ deliveryId, generation: cancelled.generation }, 'cancel');
    },

    async pauseSubscription(subscriptionId) {
      // Its lane's workflow stands open while it is paused: that is where operators see it.
      if (await pauseSubscription(knex, subscriptionId)) lanes.wake(await target(subscriptionId));
    },

    async resumeSubscription(subscriptionId) {
      if (await resumeSubscription(knex, subscriptionId)) await wakeLane(subscriptionId);
    },

    sweepCancellations: () => sweepCancellations(knex),
  };
}

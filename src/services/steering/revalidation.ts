import { divertToLane } from '../../db/carrying/lanes';
import { type Revalidated, revalidateClaims } from '../../db/carrying/revalidate';
import type { Database } from '../../db/database';
import type { DeliveryToAttempt } from '../../domain/delivery';
import { groupBy } from '../../domain/groupBy';
import type { AttemptTarget } from '../attempts/attempt';
import type { LaneWaker } from '../laneWaker';
import { GroupWriter } from '../writers/groupWriter';

/** One query's worth; a steered subscription can have thousands of claimed deliveries in this process. */
const MAX_GROUP = 500;

export interface RevalidationOptions {
  db: Database;
  lanes: LaneWaker;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
}

/**
 * Asks the row of a delivery whose subscription was steered after it was claimed.
 *
 * @returns the version of the subscription to call now; null when the attempt may not be made, and the row says what is next.
 */
export type Revalidate = (delivery: DeliveryToAttempt) => Promise<number | null>;

interface Answer {
  found: Revalidated | undefined;
  /** The delivery is behind its lane. */
  parked: Promise<void> | undefined;
}

/** What is asked while a query is under way shares the next one. What is paused goes behind its lane, unattempted. */
export function createRevalidation({ db, lanes, target }: RevalidationOptions): Revalidate {
  async function putBehindLane(subscriptionId: string, deliveries: DeliveryToAttempt[]): Promise<void> {
    if (await divertToLane(db, { subscriptionId, deliveries })) lanes.wake(await target(subscriptionId));
  }

  const questions = new GroupWriter<DeliveryToAttempt, Answer>({
    maxItems: MAX_GROUP,
    async write(claimed) {
      const found = new Map((await revalidateClaims(db, claimed)).map((one) => [one.deliveryId, one]));
      const paused = groupBy(
        claimed.filter(({ deliveryId }) => found.get(deliveryId)?.claim === 'paused'),
        ({ subscriptionId }) => subscriptionId,
      );
      // Not awaited here: a lane that somebody else has locked would hold up every other subscription's questions.
      const parked = new Map([...paused].map(([id, deliveries]) => [id, putBehindLane(id, deliveries)]));
      return claimed.map(({ deliveryId, subscriptionId }) => ({
        found: found.get(deliveryId),
        parked: found.get(deliveryId)?.claim === 'paused' ? parked.get(subscriptionId) : undefined,
      }));
    },
  });

  return async (delivery) => {
    const { found, parked } = await questions.submit(delivery);
    await parked;
    return found?.claim === 'held' ? found.subscriptionVersion : null;
  };
}

import type { Published } from '../children/driver';
import type { Received } from '../children/receiver';
import { type Course, faultsOf, firstArrivals, largest, smallest } from './figures';

/** What is measured of push tasks, its calls and CPU aside. */
export type LaneTimes = ReturnType<typeof laneTimesOf>;

/**
 * Times count from the first release sent or, where nothing was held, from the first publish sent.
 *
 * @param lanes the events were published to so many topics of equal shares, one after the other.
 * @param releasedUs null: nothing was held.
 */
export function laneTimesOf(course: Course, { lanes, releasedUs }: { lanes: number; releasedUs: number | null }) {
  const { published, received } = course;
  const firstSentUs = smallest(published.map(({ sentUs }) => sentUs));
  const arrivals = firstArrivals(received);
  const durationS = (largest(arrivals.map(({ atUs }) => atUs)) - (releasedUs ?? firstSentUs)) / 1e6;
  const acceptedS = (largest(published.map(({ answeredUs }) => answeredUs)) - firstSentUs) / 1e6;
  return {
    acceptedRate: published.length / acceptedS,
    durationS,
    deliveredRate: arrivals.length / durationS,
    faults: faultsOf(course, countDisordered({ published, arrivals, lanes, releasedUs })),
  };
}

/** What came before its release, or after an event of its lane that was sent only when its own publish had been answered. */
function countDisordered(run: {
  published: Published[];
  arrivals: Received[];
  lanes: number;
  releasedUs: number | null;
}): number {
  const { published, arrivals, lanes } = run;
  const releasedUs = run.releasedUs ?? Number.NEGATIVE_INFINITY;
  const indexOf = new Map(published.map(({ eventId }, index) => [eventId, index]));
  const lastSentUsOf = new Map<number, number>();
  let disordered = 0;
  for (const { eventId, atUs } of arrivals) {
    const index = indexOf.get(eventId);
    const event = index === undefined ? undefined : published[index];
    if (index === undefined || !event) continue;
    const lane = Math.floor((index * lanes) / published.length);
    const lastSentUs = lastSentUsOf.get(lane) ?? Number.NEGATIVE_INFINITY;
    if (atUs < releasedUs || event.answeredUs < lastSentUs) disordered++;
    lastSentUsOf.set(lane, Math.max(lastSentUs, event.sentUs));
  }
  return disordered;
}

import type { History, Receipt } from './history';

type Fault = History['faults'][number];

/** A fault is written down before it is there. */
const STOPPED_WITHIN_MS = 1000;
/** A process that is resumed sends what it was about to send within so long. */
const RESUMED_MS = 5000;

/**
 * Promises 3 and 4: never two attempts of one delivery at once, and of a push task never two of any. Excused is one call
 * a fault that stops processes, lane or delivery: the last of a process that was stopped. It may stay open, as its caller
 * hears no answer and no clock; or arrive when its caller is resumed.
 */
export function findOverlaps({ receipts, subscriptions, publishes, faults }: History): string[] {
  const stops = faults.filter(({ stopsCallers }) => stopsCallers);
  const lastCalls = new Map<string, Receipt>();
  const open = new Map<string, Receipt[]>();

  /** Whether this call of a lane or delivery is the one that a fault may have left behind. */
  const isLastCall = (call: Receipt, { fault, place }: { fault: Fault; place: string }) => {
    const excused = `${stops.indexOf(fault)} ${place}`;
    const lastCall = lastCalls.get(excused) ?? call;
    lastCalls.set(excused, lastCall);
    return lastCall === call;
  };
  const isExcused = ({ first, second, place }: { first: Receipt; second: Receipt; place: string }) =>
    stops.some((fault) => {
      const stayedOpen = first.arrivedMs < fault.fromMs + STOPPED_WITHIN_MS && second.arrivedMs >= fault.fromMs;
      const cameLate = second.arrivedMs >= fault.toMs && second.arrivedMs < fault.toMs + RESUMED_MS;
      return (stayedOpen && isLastCall(first, { fault, place })) || (cameLate && isLastCall(second, { fault, place }));
    });

  return receipts.flatMap((second) => {
    const isOrdered = subscriptions.get(second.path)?.ordered === true;
    const topic = publishes.get(second.key)?.topic;
    const place = isOrdered ? `${second.path} ${topic}` : second.deliveryId;
    const stillOpen = (open.get(place) ?? []).filter(
      ({ answeredMs }) => answeredMs === null || answeredMs > second.arrivedMs,
    );
    open.set(place, [...stillOpen, second]);
    return stillOpen
      .filter((first) => !isExcused({ first, second, place }))
      .map((first) => `beside: ${second.key} came to ${second.path} while ${first.key} was not answered there`);
  });
}

import type { History } from './history';

/**
 * One Idempotency-Key is one event, and an event has one delivery per subscription, whose id is that of every attempt
 * (promise 3): ids that differ are events or deliveries that were made twice.
 */
export function findSplits({ publishes, receipts }: History): string[] {
  const found: string[] = [];
  const deliveryOf = new Map<string, string>();
  const ownerOf = new Map<string, string>();
  const eventOf = new Map<string, string>();
  for (const { path, key, deliveryId, eventId } of receipts) {
    const pair = `${key} at ${path}`;
    const known = deliveryOf.get(pair) ?? deliveryId;
    if (known !== deliveryId) found.push(`split: ${pair} came as ${known} and as ${deliveryId}`);
    deliveryOf.set(pair, known);
    const owner = ownerOf.get(deliveryId) ?? pair;
    if (owner !== pair) found.push(`split: ${deliveryId} is ${owner} and ${pair}`);
    ownerOf.set(deliveryId, owner);
    if (eventId === null) continue;
    const event = eventOf.get(key) ?? eventId;
    if (event !== eventId) found.push(`split: ${key} came as event ${event} and as ${eventId}`);
    eventOf.set(key, event);
  }
  for (const { key, eventIds } of publishes.values()) {
    if (eventIds.size > 1) found.push(`split: ${key} was answered with ${[...eventIds].join(' and ')}`);
    const event = eventOf.get(key);
    if (event !== undefined && eventIds.size > 0 && !eventIds.has(event)) {
      found.push(`split: ${key} was answered with ${[...eventIds]} and came as event ${event}`);
    }
  }
  return found;
}

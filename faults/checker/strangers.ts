import { type History, matches } from './history';

/** Promise 6, and that nothing comes of nothing: each callback is of an event that was published for its subscription. */
export function findStrangers({ publishes, subscriptions, receipts }: History): string[] {
  return receipts.flatMap(({ path, key, tenantId, deliveryId }) => {
    const name = `${key} (${deliveryId}) at ${path}`;
    const subscription = subscriptions.get(path);
    const publish = publishes.get(key);
    if (!subscription) return [`stranger: ${name}, which nobody subscribed`];
    if (!publish) return [`stranger: ${name}, which nobody published`];
    if (publish.outcome === 'fail') return [`stranger: ${name}, which was refused`];
    if (publish.tenantId !== subscription.tenantId || tenantId !== publish.tenantId) {
      return [`stranger: ${name}, tenant ${tenantId}, published for ${publish.tenantId}`];
    }
    return matches(subscription, publish) ? [] : [`stranger: ${name}, topic ${publish.topic}`];
  });
}

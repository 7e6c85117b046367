import { type History, matches } from './history';

/** Promise 1 and 2: what was answered with 000 is acknowledged by every subscription that it matches. */
export function findLost({ publishes, subscriptions, receipts }: History): string[] {
  const acknowledged = new Set(receipts.filter((r) => r.isAcknowledged).map(({ path, key }) => `${path} ${key}`));
  return [...publishes.values()]
    .filter(({ outcome }) => outcome === 'ok')
    .flatMap((publish) =>
      [...subscriptions.values()]
        .filter((subscription) => matches(subscription, publish))
        .filter(({ path }) => !acknowledged.has(`${path} ${publish.key}`))
        .map(({ path }) => `lost: ${publish.key} (${[...publish.eventIds]}) never reached ${path}`),
    );
}

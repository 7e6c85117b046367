import { cancelDeleted } from '../../../src/db/cancellations';
import { deleteSelectors } from '../../../src/db/selectors';
import { markSubscriptionDeleted } from '../../../src/db/subscriptions';
import { waitForBlocked } from '../../support/locks';
import { steerOn } from '../../support/steer';
import { waitForDelivery } from './rows';
import { useEngine } from './useEngine';

jest.setTimeout(60_000);

const engine = useEngine();

/** An accept whose snapshot is older than the deletion's commit, and whose clock is younger than the deletion's. */
async function publishWhileDeleting(subscriptionId: string, isAccepted: () => Promise<unknown>): Promise<void> {
  const published = await steerOn(engine.installation.knex)(async (trx) => {
    await markSubscriptionDeleted(trx, subscriptionId);
    await deleteSelectors(trx, subscriptionId);
    await cancelDeleted(trx, subscriptionId);
    const publishing = engine.node.publish();
    await isAccepted();
    return { publishing };
  });
  await published.publishing;
}

test('what is attempted in vain ends as cancelled', async () => {
  engine.receiver.on('/hook', { status: 500 });
  const subscriptionId = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/hook'), retry: [1] });
  await publishWhileDeleting(subscriptionId, () =>
    waitForDelivery(engine.installation.knex, { subscriptionId, failures: 1 }),
  );
  await engine.node.reconcile();
  await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'cancelled' });
});

test('what would go behind the lane of a paused subscription waits for the deletion, and does not stay behind it', async () => {
  const subscriptionId = await engine.node.subscribe({ callbackUrl: engine.receiver.url('/paused') });
  await engine.node.pause(subscriptionId);
  await publishWhileDeleting(subscriptionId, () => waitForBlocked(engine.installation.knex, 'WITH candidate'));
  await waitForDelivery(engine.installation.knex, { subscriptionId, state: 'delivered' });
});

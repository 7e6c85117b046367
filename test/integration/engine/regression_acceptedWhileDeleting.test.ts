import { cancelAll } from '../../../src/db/cancellations';
import { deleteSelectors } from '../../../src/db/selectors';
import { markSubscriptionDeleted } from '../../../src/db/subscriptions';
import { type Installation, startInstallation } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { waitForDelivery } from './rows';

jest.setTimeout(60_000);

let installation: Installation;
let receiver: Receiver;
let node: Awaited<ReturnType<Installation['startNode']>>;

beforeAll(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
  node = await installation.startNode();
});

afterAll(async () => {
  await receiver?.stop();
  await installation?.stop();
});

/** An accept whose snapshot is older than the deletion's commit, and whose clock is younger than the deletion's. */
async function publishWhileDeleting(subscriptionId: string): Promise<void> {
  await installation.knex.transaction(async (trx) => {
    await markSubscriptionDeleted(trx, subscriptionId);
    await deleteSelectors(trx, subscriptionId);
    await cancelAll(trx, [{ subscriptionId, reason: 'subscription_deleted' }]);
    await node.publish();
  });
}

test('what is attempted in vain ends as cancelled', async () => {
  receiver.on('/hook', { status: 500 });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), retry: [1] });
  await publishWhileDeleting(subscriptionId);
  await waitForDelivery(installation.knex, { subscriptionId, state: 'cancelled' });
});

test('so does what went behind the lane of a paused subscription', async () => {
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/paused') });
  await node.pause(subscriptionId);
  await publishWhileDeleting(subscriptionId);
  await node.reconcile();
  await waitForDelivery(installation.knex, { subscriptionId, state: 'cancelled', timeoutMs: 5000 });
});

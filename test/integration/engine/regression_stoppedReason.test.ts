import { type Installation, startInstallation } from '../../support/engine';
import { startReceiver } from '../../support/receiver';
import { waitForLane } from './rows';

jest.setTimeout(90_000);

test('a push task that had stopped keeps its reason over pause and resume', async () => {
  const installation: Installation = await startInstallation();
  const node = await installation.startNode();
  const receiver = await startReceiver();
  receiver.on('/hook', { status: 410 });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url('/hook'), topics: ['gs'], ordered: true });
  const lane = { subscriptionId, topic: 'gs' };
  await node.publish({ topic: 'gs' });
  await waitForLane(installation.knex, lane, { state: 'stopped', reason: 'gone' });
  await node.pause(subscriptionId);
  await node.resume(subscriptionId);
  await waitForLane(installation.knex, lane, { state: 'stopped', reason: 'gone' });
  await receiver.stop();
  await installation.stop();
});

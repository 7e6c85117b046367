import { deliveryWorkflowId } from '../../../src/contracts/ids';
import { type Installation, startInstallation } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { attemptsOf, waitForDelivery } from './rows';
import { waitForWorkflow } from './workflows';

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

/** A topic and a path of its own for each test, so that they do not meet. */
async function subscribe(path: string, settings: Partial<Parameters<typeof node.subscribe>[0]> = {}) {
  const topic = path.slice(1);
  await installation.knex('topics').insert({ topic, name: topic });
  const subscriptionId = await node.subscribe({ callbackUrl: receiver.url(path), topics: [topic], ...settings });
  return { subscriptionId, publish: () => node.publish({ topic }) };
}

test('the first attempt delivers, and the workflow that was started beside it completes', async () => {
  const { subscriptionId, publish } = await subscribe('/first');
  const { eventId } = await publish();
  const { id } = await waitForDelivery(installation.knex, { subscriptionId, state: 'delivered', attempt: 1, generation: 1 });
  expect(await attemptsOf(installation.knex, id)).toMatchObject([{ number: 1, status_code: 200, error: null }]);
  const ended = await waitForWorkflow(node.client, {
    workflowId: deliveryWorkflowId({ deliveryId: id, generation: 1 }),
    status: 'COMPLETED',
  });
  expect(ended.historyLength).toBeLessThanOrEqual(6);
  const [hit] = receiver.hits('/first');
  expect(hit?.headers['webhook-id']).toBe(id);
  expect(JSON.parse(hit?.body ?? '')).toMatchObject({ type: 'test.first.cert', data: { id: eventId } });
});

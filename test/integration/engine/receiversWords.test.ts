import { type GatewayInstallation, startGatewayInstallation } from './gatewayInstallation';
import { attemptsOf } from './rows';
import { waitForTimer } from './workflows';

jest.setTimeout(180_000);

const FROZEN = 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen';
const MARK = 'marked-7c1d';
const WORDS = `![x](https://evil.example/${MARK}) **${MARK}** [click](https://evil.example/${MARK})`;

let gateway: GatewayInstallation;
beforeAll(async () => {
  gateway = await startGatewayInstallation();
});
afterAll(() => gateway?.stop());

/** All that Temporal holds of a workflow, with every payload decoded. */
async function everythingOf(workflowId: string): Promise<string> {
  const handle = gateway.node.client.workflow.getHandle(workflowId);
  const described = await handle.describe();
  const details = await handle.query('__temporal_workflow_metadata');
  const history = await handle.fetchHistory();
  const decoded = JSON.stringify(history, (_, value) =>
    value?.type === 'Buffer' || value instanceof Uint8Array ? Buffer.from(value.data ?? value).toString() : value,
  );
  return [decoded, JSON.stringify(details), JSON.stringify(described.raw), await described.staticSummary()].join('\n');
}

test('what a receiver answers is told to the subscriber, and neither Temporal nor the log has a word of it', async () => {
  const account = await gateway.account();
  const answers = { body: JSON.stringify({ errcode: WORDS }) };
  const [registration] = await gateway.register(account, { path: '/words', eventTags: [FROZEN], answers });
  await gateway.publish(account, FROZEN, '[{"id":1}]');
  const delivery = await gateway.attempted(account, registration?.id ?? '');
  expect(delivery.attempts[0].error).toContain(WORDS.slice(0, 40));
  expect((await attemptsOf(gateway.knex, delivery.id))[0]).toMatchObject({ fault: 'errcode_not_zero' });

  await waitForTimer(gateway.node.client, delivery.workflowId);
  const held = await everythingOf(delivery.workflowId);
  expect(held).toContain("the answer's errcode is not 0");
  expect(held).not.toContain(MARK);
  const lines = gateway.node.lines.filter(({ event }) => event === 'delivery.attempted');
  expect(lines).toContainEqual(expect.objectContaining({ fault: 'errcode_not_zero', statusCode: 200 }));
  expect(JSON.stringify(gateway.node.lines)).not.toContain(MARK);
});

test('names that others chose are shown as they are', async () => {
  const account = await gateway.account();
  const [registration] = await gateway.register(account, {
    ...{ path: '/names', eventTags: [FROZEN], answers: { status: 500 } },
  });
  await gateway.knex('subscriptions').where({ id: registration?.id }).increment('version', 1);
  await gateway.publish(account, FROZEN, '[{"id":1}]');
  const { workflowId } = await gateway.attempted(account, registration?.id ?? '');
  await waitForTimer(gateway.node.client, workflowId);
  const described = await gateway.node.client.workflow.getHandle(workflowId).describe();
  expect(await described.staticSummary()).toContain('MOZI_BUC_ACCOUNT_MODIFY_REALM\\|frozen to ');
});

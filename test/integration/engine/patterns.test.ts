import { Patterns } from '../../../src/outbound/patterns/patterns';
import { type Installation, OPERATOR, startInstallation, TENANT, waitFor } from '../../support/engine';
import { type Receiver, startReceiver } from '../../support/receiver';
import { attemptsOf, makeOverdue, waitForDelivery } from './rows';

jest.setTimeout(180_000);

let installation: Installation;
let receiver: Receiver;
let decide: () => void;
let isAsked: boolean;

beforeEach(async () => {
  installation = await startInstallation();
  receiver = await startReceiver();
  isAsked = false;
});
afterEach(async () => {
  decide?.();
  await receiver?.stop();
  await installation?.stop();
});

/** The real thread, which others keep busy for as long as the test likes. */
function busyThread() {
  const thread = new Patterns();
  const isFree = new Promise<void>((resolve) => {
    decide = resolve;
  });
  return {
    compile: (input: Parameters<Patterns['compile']>[0]) => thread.compile(input),
    async isFound(question: Parameters<Patterns['isFound']>[0]) {
      isAsked = true;
      await isFree;
      return thread.isFound(question);
    },
  };
}

async function subscribe(node: Awaited<ReturnType<Installation['startNode']>>, confirmPattern: string) {
  const number = await node.services.cmdb.subscribe({
    ...{ caller: { ...OPERATOR, tenantId: TENANT, appId: 'shop' }, account: TENANT, bizId: 2 },
    input: {
      ...{ name: 'slow', systemName: 'system', callbackUrl: receiver.url('/hook'), names: ['hostcreate'] },
      ...{ timeoutMs: 10_000, operator: null, confirmMode: 'regular', confirmPattern },
    },
  });
  const [row] = await installation.knex('cmdb_subscriptions').where({ number }).select('subscription_id');
  return row.subscription_id as string;
}

/** A node that makes first attempts; workflows that other nodes start are not for it when it has no worker. */
function startBusyNode({ withWorker }: { withWorker: boolean }) {
  receiver.on('/hook', { body: `${'x'.repeat(60_000)}ok` });
  return installation.startNode({ patterns: busyThread(), withWorker });
}

const dueInS = async (id: string): Promise<number> => {
  const { rows } = await installation.knex.raw(
    'SELECT extract(epoch FROM due_by - now()) AS s FROM deliveries WHERE id = ?',
    [id],
  );
  return Number(rows[0].s);
};

test.each([
  ['acknowledged', 'ok$', { state: 'delivered', failures: 0 }],
  ['refused', 'never', { state: 'pending', failures: 1 }],
])('an answer that waits for its turn is %s late, and nobody is called again for it', async (_, pattern, becomes) => {
  const node = await startBusyNode({ withWorker: true });
  const subscriptionId = await subscribe(node, pattern);
  await node.publish({ topic: 'host', type: 'create' });
  await waitFor(() => isAsked || undefined, { what: 'an answer that is to be matched' });
  const { id } = await waitForDelivery(installation.knex, { subscriptionId });
  // As if it had waited nearly as long as its claim lasts.
  await installation
    .knex('deliveries')
    .where({ id })
    .update({ due_by: installation.knex.raw("now() + interval '9 s'") });
  await waitFor(async () => (await dueInS(id)) > 20 || undefined, { what: 'a claim that is renewed' });
  await node.reconcile();
  expect(await waitForDelivery(installation.knex, { subscriptionId })).toMatchObject({ state: 'pending', attempt: 1 });

  decide();
  await waitForDelivery(installation.knex, { subscriptionId, ...becomes });
  expect(receiver.hits('/hook')).toHaveLength(1);
  const attempts = await attemptsOf(installation.knex, id);
  expect(attempts).toHaveLength(1);
  // It started when it was sent, not when it was decided.
  const [{ at } = { at: 0 }] = receiver.hits('/hook');
  expect(Math.abs((attempts[0]?.started_at.getTime() ?? 0) - at)).toBeLessThan(3_000);
});

test('the claim of a process that died with an undecided answer runs out, and another one carries on', async () => {
  const node = await startBusyNode({ withWorker: false });
  const subscriptionId = await subscribe(node, 'ok$');
  await node.publish({ topic: 'host', type: 'create' });
  await waitFor(() => isAsked || undefined, { what: 'an answer that is to be matched' });
  const { generation, attempt } = await waitForDelivery(installation.knex, { subscriptionId });
  // Another generation has it: what the first process renews is not its own any more.
  await installation
    .knex('deliveries')
    .where({ subscription_id: subscriptionId })
    .update({ generation: generation + 1 });
  await makeOverdue(installation.knex, subscriptionId);
  const other = await installation.startNode();
  await other.reconcile();
  await waitForDelivery(installation.knex, { subscriptionId, state: 'delivered', attempt: attempt + 1 });
  expect(receiver.hits('/hook')).toHaveLength(2);
});

import { createHash } from 'node:crypto';
import type { Caller } from '../../../../src/services/caller';
import { Refusal } from '../../../../src/services/errors';
import { answerOnce } from '../../../../src/services/repeats';
import { type Installation, startInstallation } from '../../../support/engine';

jest.setTimeout(60_000);

type EngineNode = Awaited<ReturnType<Installation['startNode']>>;

/** Processes know nothing of one another but what is in PostgreSQL. */
let installation: Installation;
let nodes: EngineNode[];
beforeAll(async () => {
  installation = await startInstallation();
  nodes = [await installation.startNode({ role: 'api' }), await installation.startNode({ role: 'api' })];
});
afterAll(async () => {
  for (const node of nodes ?? []) await node.stop();
  await installation?.stop();
});

const caller: Caller = { keyId: 'k', tenantId: 'acme', appId: 'shop', roles: ['subscriber'], subject: null };
const hashOf = (text: string) => createHash('sha256').update(text).digest();

function register(node: EngineNode, { key, callbackUrl }: { key: string; callbackUrl: string }) {
  const { repeats, dataPush } = node.services;
  const registration = { caller, app: { tenantId: 'acme', appId: 'shop' }, webhookUrl: callbackUrl, topicList: [] };
  return repeats.answer({ caller, key, requestHash: hashOf(callbackUrl) }, () =>
    answerOnce(
      () => dataPush.register(registration),
      (registered) => ({ body: registered }),
    ),
  );
}

function subscribe(node: EngineNode, key: string) {
  const { repeats, cmdb } = node.services;
  const input = {
    ...{ name: key, systemName: 'x', callbackUrl: 'https://hooks.example/a', names: ['hostcreate'], timeoutMs: 1000 },
    ...{ confirmMode: 'httpstatus' as const, confirmPattern: '200', operator: null },
  };
  return repeats.answer({ caller, key, requestHash: hashOf('subscribe') }, () =>
    answerOnce(
      () => cmdb.subscribe({ caller, account: 'acme', bizId: 1, input }),
      (id) => ({ body: id }),
    ),
  );
}

const alternating = <T>(work: (node: EngineNode) => Promise<T>) =>
  Promise.all(Array.from({ length: 10 }, (_, i) => work(nodes[i % nodes.length] as EngineNode)));

test('equal calls to two processes at once make one, although its name is taken then', async () => {
  for (let round = 0; round < 5; round++) {
    const answers = await alternating((node) => subscribe(node, `round ${round}`));
    expect(new Set(answers.map(({ answer }) => answer.body)).size).toBe(1);
    expect(answers.filter(({ isRepeat }) => !isRepeat)).toHaveLength(1);
  }
  expect(await installation.knex('subscriptions').where({ interface: 'cmdb' })).toHaveLength(5);
});

test('of different calls with one key to two processes, one is made and every other is refused', async () => {
  const urls = ['https://hooks.example/one', 'https://hooks.example/two'];
  const answers = await Promise.allSettled(
    urls.map((callbackUrl, i) => register(nodes[i] as EngineNode, { key: 'different', callbackUrl })),
  );
  const refusals = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  expect(refusals).toEqual([expect.any(Refusal)]);
  expect(refusals[0]).toMatchObject({ status: 409, field: 'Idempotency-Key' });
});

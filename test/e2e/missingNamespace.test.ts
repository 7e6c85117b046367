import { call, makeAccount, makeSubscription, publish } from '../support/api';
import { createTestDatabase } from '../support/postgres';
import { externalServers, startProduct } from '../support/product';
import { startReceiver } from '../support/receiver';
import { newNamespace, registerNamespace } from './topologySetup';

jest.setTimeout(180_000);

test('a namespace that does not exist is one true sentence, and work goes on when somebody has created it', async () => {
  const database = await createTestDatabase();
  const receiver = await startReceiver();
  const namespace = newNamespace();
  const product = await startProduct({ env: externalServers({ databaseUrl: database.url, namespace }) });
  try {
    const account = await makeAccount(product);
    receiver.on('/hook', (hit) => ({ status: hit === 1 ? 500 : 200 }));
    await makeSubscription(account, { callbackUrl: receiver.url('/hook'), retry: [1] });
    await publish(account);
    await receiver.waitForHits('/hook', 1);
    await product.waitForLog(({ event }) => event === 'temporal.namespace_missing', { timeoutMs: 30_000 });
    const { status, body } = await call({ url: product.url, key: product.operatorKey }, 'GET', '/readyz');
    expect([status, body.temporal]).toEqual([
      200,
      { ok: false, detail: 'it has no namespace of the name in TEMPORAL_NAMESPACE' },
    ]);
    const said = product.lines.filter(({ level }) => Number(level) >= 40);
    expect(said).toEqual([
      expect.objectContaining({
        event: 'temporal.namespace_missing',
        namespace,
        msg: expect.stringContaining('create'),
      }),
    ]);

    await registerNamespace(namespace);
    await product.waitForLog(({ event }) => event === 'temporal.connected', { timeoutMs: 30_000 });
    await receiver.waitForHits('/hook', 2, { timeoutMs: 90_000 });
  } finally {
    await product.stop();
    await receiver.stop();
    await database.drop();
  }
});

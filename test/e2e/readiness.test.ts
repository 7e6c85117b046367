import { randomBytes } from 'node:crypto';
import { call, makeAccount, publish } from '../support/api';
import { type Link, startLink } from '../support/link';
import { createTestDatabase } from '../support/postgres';
import { externalServers, startProduct } from '../support/product';
import { takeNamespace } from '../support/temporal';

jest.setTimeout(120_000);

const keys = {
  operator: `pr_operator_${randomBytes(32).toString('hex')}`,
  secrets: randomBytes(32).toString('base64'),
};
let database: Awaited<ReturnType<typeof createTestDatabase>>;
/** As where nobody answers: it takes connections, and says nothing. */
let silent: Link;

beforeAll(async () => {
  database = await createTestDatabase();
  silent = await startLink({ port: Number(new URL(database.url).port) });
  silent.silence(true);
});

afterAll(async () => {
  await silent?.stop();
  await database?.drop();
});

test.each([
  ['api', 200],
  ['all', 200],
  ['worker', 503],
] as const)('without Temporal, ROLE=%s answers /readyz with %i, /livez with 200, and accepts', async (ROLE, status) => {
  const product = await startProduct({
    env: {
      ...externalServers({ databaseUrl: database.url, namespace: takeNamespace() }),
      TEMPORAL_ADDRESS: `127.0.0.1:${silent.port}`,
      OPERATOR_KEY: keys.operator,
      SECRETS_KEY: keys.secrets,
      ROLE,
    },
  });
  try {
    const answer = await call({ url: product.url, key: keys.operator }, 'GET', '/readyz');
    const { postgres, temporal } = answer.body;
    expect([answer.status, postgres.ok, temporal.ok]).toEqual([status, true, false]);
    expect((await fetch(`${product.url}/livez`)).status).toBe(200);
    if (ROLE === 'worker') return;
    await publish(await makeAccount(product));
  } finally {
    await product.stop();
  }
});

import { setTimeout as sleep } from 'node:timers/promises';
import { createTestDatabase } from '../support/postgres';
import { externalServers, startProduct } from '../support/product';
import { takeNamespace } from '../support/temporal';

jest.setTimeout(60_000);

// In its first second a process connects, registers and makes its worker. None of that can be waited for from outside,
// and a Ctrl-C may come in the midst of each: once it left the connection closed under a worker that was being made.
test.each([0, 200, 400, 600])('a Ctrl-C %i ms after the start stops everything in order', async (afterMs) => {
  const database = await createTestDatabase();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  const product = await startProduct({ env });
  await sleep(afterMs);
  const exit = await product.stop('SIGINT');
  const failed = product.lines.filter(({ event }) => event === 'stop.failed');
  expect({ ...exit, failed }).toEqual({ code: 0, signal: null, failed: [] });
  await database.drop();
});

test('a terminal that is closed stops everything in order too', async () => {
  const database = await createTestDatabase();
  const env = externalServers({ databaseUrl: database.url, namespace: takeNamespace() });
  const product = await startProduct({ env });
  const exit = await product.stop('SIGHUP');
  const failed = product.lines.filter(({ event }) => event === 'stop.failed');
  expect({ ...exit, failed }).toEqual({ code: 0, signal: null, failed: [] });
  await database.drop();
});

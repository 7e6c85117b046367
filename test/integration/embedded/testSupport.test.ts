import { Client } from 'pg';
import { createTestDatabase } from '../../support/postgres';
import { startTimeSkippingServer, takeNamespace } from '../../support/temporal';

// Real servers start and recover in here, perhaps on a busy machine.
jest.setTimeout(60_000);

test('a test database is migrated, and its drop fails while a connection is open', async () => {
  const clean = await createTestDatabase();
  const leaky = await createTestDatabase();
  const client = new Client({ connectionString: leaky.url, application_name: 'leaky-test' });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query(`SELECT to_regclass('deliveries') IS NOT NULL AS migrated`);
  expect(rows).toEqual([{ migrated: true }]);
  await expect(leaky.drop()).rejects.toThrow(/left 1 connection\(s\) open:\n\d+ leaky-test idle/);
  await clean.drop();
});

test('namespaces are given out once', () => {
  expect(takeNamespace()).not.toBe(takeNamespace());
});

test('the time-skipping server skips', async () => {
  const environment = await startTimeSkippingServer();
  try {
    const before = await environment.currentTimeMs();
    await environment.sleep('1 day');
    expect((await environment.currentTimeMs()) - before).toBeGreaterThanOrEqual(24 * 3600 * 1000);
  } finally {
    await environment.teardown();
  }
});

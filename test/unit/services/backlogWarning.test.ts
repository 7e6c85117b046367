import { PassThrough } from 'node:stream';
import { pino } from 'pino';
import { createBacklogWarning } from '../../../src/services/backlogWarning';
import { createMetrics } from '../../../src/services/metrics';

test('goes on where it was, and the metric says how many there are once all have been looked at', async () => {
  const pages = [
    { found: [{ subscriptionId: 's1', tenantId: 'a' }], last: 's5' },
    { found: [{ subscriptionId: 's7', tenantId: 'b' }], last: null },
    { found: [], last: null },
  ];
  const asked: (string | null)[] = [];
  const lines: Record<string, unknown>[] = [];
  const logged = new PassThrough();
  logged.on('data', (line: Buffer) => lines.push(JSON.parse(line.toString())));
  const metrics = createMetrics({ oldestPendingSeconds: async () => 0 });
  const gauge = async () => (await metrics.largeBacklogs.get()).values[0]?.value;
  const warn = createBacklogWarning({
    async find({ after }) {
      asked.push(after);
      return pages[asked.length - 1] ?? { found: [], last: null };
    },
    metrics,
    log: pino(logged),
  });
  await warn();
  expect(await gauge()).toBe(0);
  await warn();
  expect(await gauge()).toBe(2);
  await warn();
  expect(await gauge()).toBe(0);
  expect(asked).toEqual([null, 's5', null]);
  expect(lines).toMatchObject([
    { event: 'subscription.many_pending', subscriptionId: 's1', tenantId: 'a', moreThan: 100_000 },
    { event: 'subscription.many_pending', subscriptionId: 's7', tenantId: 'b' },
  ]);
});

import { parseOptions } from '../../../bench/options';

describe('parseOptions', () => {
  test('measures everything on a stack of its own, deep with 100,000', () => {
    const { only, deep, running } = parseOptions([]);
    expect(only).toEqual([
      'burst',
      'steady',
      'fan-out',
      'slow',
      'ordered',
      'release',
      'many',
      'portal',
      'match',
      'deep',
      'flood',
    ]);
    expect(deep).toBe(100_000);
    expect(running).toBeNull();
  });

  test('takes a choice of scenarios and a smaller deep', () => {
    expect(parseOptions(['--only', 'many,deep', '--deep', '20000'])).toMatchObject({
      only: ['many', 'deep'],
      deep: 20_000,
    });
  });

  test.each(['9999', '1000001', '1.5e4.', 'x', ''])('refuses --deep %j', (deep) => {
    expect(() => parseOptions(['--deep', deep])).toThrow('--deep');
  });

  test("knows Temporal's metrics of a running stack only from its option", () => {
    const running = ['--url', 'http://127.0.0.1:1', '--operator-key', 'key', '--namespace', 'n'];
    expect(parseOptions(running).running?.temporalMetrics).toBeNull();
    expect(parseOptions([...running, '--temporal-metrics', 'http://h/metrics']).running?.temporalMetrics).toEqual({
      url: 'http://h/metrics',
      namespace: 'n',
    });
  });
});

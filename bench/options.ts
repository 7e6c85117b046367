import { parseArgs } from 'node:util';
import type { Pids } from './stack/cpu';
import type { TemporalMetrics } from './stack/temporalCalls';

export const SCENARIOS = [
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
] as const;
export type Scenario = (typeof SCENARIOS)[number];

export interface Options {
  runs: number;
  only: readonly Scenario[];
  /** Pending deliveries of the scenario of that name. */
  deep: number;
  jsonFile: string;
  /** null: the bench starts a Postrider of its own. */
  running: {
    url: string;
    operatorKey: string;
    pids: Pids | null;
    temporal: { address: string; namespace: string } | null;
    temporalMetrics: TemporalMetrics | null;
  } | null;
  profileDir: string | null;
}

export const USAGE = `npm run bench -- [options]

  --runs N                  runs of each scenario, of which the median counts (default 5, at most 50)
  --only a,b                of ${SCENARIOS.join(', ')}
  --deep N                  pending deliveries of deep (default 100000, 10000 to 1000000)
  --json FILE               where everything measured goes (default bench-results.json)
  --profile DIR             CPU profile of the product, written when it stops

Against a Postrider that is running, in which callbacks may reach 127.0.0.1:
  --url URL
  --operator-key KEY        or OPERATOR_KEY
  --pids OURS,POSTGRES,TEMPORAL
                            roots of their processes; without them no CPU and memory
  --temporal ADDRESS        without it no T
  --temporal-metrics URL    Prometheus metrics of its server; without it no calls to Temporal
  --namespace NAME          of Temporal (default "default")
`;

/** @throws Error that says what is wrong with the arguments. */
export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string', default: '5' },
      only: { type: 'string', default: SCENARIOS.join(',') },
      deep: { type: 'string', default: '100000' },
      json: { type: 'string', default: 'bench-results.json' },
      profile: { type: 'string' },
      url: { type: 'string' },
      'operator-key': { type: 'string', default: process.env.OPERATOR_KEY },
      pids: { type: 'string' },
      temporal: { type: 'string' },
      'temporal-metrics': { type: 'string' },
      namespace: { type: 'string', default: 'default' },
    },
  });
  const { url, temporal, namespace } = values;
  const operatorKey = values['operator-key'];
  const metricsUrl = values['temporal-metrics'];
  const runs = Number(values.runs);
  const deep = Number(values.deep);
  if (!Number.isInteger(runs) || runs < 1 || runs > 50) throw new Error('--runs must be a number from 1 to 50');
  if (!Number.isInteger(deep) || deep < 10_000 || deep > 1_000_000) {
    throw new Error('--deep must be a number from 10000 to 1000000');
  }
  if (url !== undefined && !operatorKey) throw new Error('--url needs --operator-key');
  if (url !== undefined && values.profile !== undefined) throw new Error('--profile is for a stack of our own');
  return {
    runs,
    only: values.only.split(',').map(toScenario),
    deep,
    jsonFile: values.json,
    running:
      url === undefined
        ? null
        : {
            url: url.replace(/\/$/, ''),
            operatorKey: operatorKey ?? '',
            pids: values.pids === undefined ? null : toPids(values.pids),
            temporal: temporal === undefined ? null : { address: temporal, namespace },
            temporalMetrics: metricsUrl === undefined ? null : { url: metricsUrl, namespace },
          },
    profileDir: values.profile ?? null,
  };
}

function toScenario(text: string): Scenario {
  const scenario = SCENARIOS.find((name) => name === text);
  if (!scenario) throw new Error(`--only: ${text} is none of ${SCENARIOS.join(', ')}`);
  return scenario;
}

function toPids(text: string): Pids {
  const [ours, postgres, temporal, ...more] = text.split(',').map(Number);
  if (!ours || !postgres || !temporal || more.length > 0) throw new Error('--pids must be three, as 12,34,56');
  if (process.platform !== 'linux') throw new Error('--pids: CPU can be read on Linux only');
  return { ours, postgres, temporal };
}

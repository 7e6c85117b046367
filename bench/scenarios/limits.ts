import { randomBytes } from 'node:crypto';
import type { BareTemporalHandlers } from '../children/bareTemporal';
import type { Child } from '../children/rpc';
import { percentile } from '../statistics';
import { BURST_EVENTS } from './burst';
import type { Bench } from './run';

/** H: the burst's callbacks made by nothing but undici, 50 at once, to the same receiver. Requests per second. */
export async function bareHttp({ driver, receiver, receiverUrl }: Bench): Promise<number> {
  const run = `bare-${randomBytes(4).toString('hex')}`;
  const rate = await driver.call('barePosts', { url: receiverUrl, run, count: BURST_EVENTS });
  await receiver.call('collect', { run });
  return rate;
}

const AT_ONCE = [10, 50, 100];
const WORKFLOWS_PER_LEVEL = 200;
const ONE_AT_A_TIME = 100;

/** T: starting and finishing an empty workflow. */
export interface BareTemporal {
  /** Per second: the best of 10, 50 and 100 at once. */
  rate: number;
  rateByAtOnce: Record<string, number>;
  /** One at a time. */
  p50Ms: number;
}

export async function bareTemporal(child: Child<BareTemporalHandlers>): Promise<BareTemporal> {
  const rateByAtOnce: Record<string, number> = {};
  for (const atOnce of AT_ONCE) {
    rateByAtOnce[atOnce] = await child.call('rate', { count: WORKFLOWS_PER_LEVEL, atOnce });
  }
  const { durationsMs } = await child.call('oneAtATime', { count: ONE_AT_A_TIME });
  return { rate: Math.max(...Object.values(rateByAtOnce)), rateByAtOnce, p50Ms: percentile(durationsMs, 50) };
}

import { randomBytes } from 'node:crypto';
import { type LaneFigures, laneRun } from './laneRun';
import type { Bench } from './run';

const PUSH_TASKS = 10;
const EVENTS = 1_000;

/** 10 push tasks of one subscription, 1,000 events each, held and then all released at once. */
export function ordered(bench: Bench): Promise<LaneFigures> {
  return laneRun(bench, { subscriptions: 1, topics: PUSH_TASKS, events: EVENTS, held: true });
}

/** Its callbacks by nothing but undici, to the same receiver: 10 connections, one at a time each. Requests per second. */
export async function bareInOrder({ driver, receiver, receiverUrl }: Bench): Promise<number> {
  const run = `bare-${randomBytes(4).toString('hex')}`;
  const rate = await driver.call('barePostsInOrder', { url: receiverUrl, run, connections: PUSH_TASKS, each: EVENTS });
  await receiver.call('collect', { run });
  return rate;
}

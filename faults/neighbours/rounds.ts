import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../src/embedded/processes';
import { readHistory } from '../checker/history';
import type { Lab } from '../lab';
import { isWithin, type RoundFigures, roundFigures, type Window } from './figures';
import { startReads } from './reads';
import { compare, type TimesLimits } from './verdict';
import type { Victim } from './victim';

/** Enough that a second's p99 is not one event alone, little beside what the machine can do. */
const PER_SECOND = 40;
const WARM_UP_MS = 1500;
/** Connections, caches and the attacker's first calls come to rest. */
const REST_MS = 500;
/** From the attack's end until the victim's publishes are answered and have arrived; its own share of a busy machine included. */
const RECOVERED_WITHIN_MS = 10_000;
/** What harms for longer must not be taken for how the victim fares without the attacker. */
const GIVE_UP_AFTER_MS = 60_000;
/** How long the attack goes on after the round's last publish, until its events have arrived. */
const ARRIVE_WITHIN_MS = 10_000;

export interface Rounds {
  victim: Victim;
  /** Begins the attack; what it resolves with ends it. */
  begin(): Promise<() => Promise<void>>;
  /** How many rounds of each kind. Default: 3, in the short form 2. */
  count?: number;
  /** Default: 5 s, in the short form 2.5 s. */
  roundMs?: number;
  limits?: TimesLimits;
}

/** Publishes without the attacker and beside it, in turns, and reports what it did to the victim. */
export async function besideAttacker(lab: Lab, rounds: Rounds): Promise<void> {
  const { victim, begin, limits } = rounds;
  const { count = lab.short ? 2 : 3, roundMs = lab.short ? 2500 : 5000 } = rounds;
  const reading = readsOf(lab, victim);
  const warmUp = await publishFor(lab, victim, WARM_UP_MS);
  const recoveries: number[] = [];
  const alone: Round[] = [];
  const beside: Round[] = [];
  for (let round = 0; round < count; round++) {
    alone.push(await publishFor(lab, victim, roundMs));
    const end = await begin();
    await sleep(REST_MS);
    beside.push(await publishFor(lab, victim, roundMs));
    await end();
    recoveries.push(await recover(lab, victim, [...alone, ...beside, warmUp]));
    await sleep(REST_MS);
  }
  await victim.judge();
  const reads = await reading.end();
  const slowestMs = Math.max(...recoveries);
  const line = `victim recovered within ${(slowestMs / 1000).toFixed(1)} s (limit ${RECOVERED_WITHIN_MS / 1000} s)`;
  lab.figure(line);
  if (slowestMs > RECOVERED_WITHIN_MS) lab.report(`slowed: ${line}`);
  const withReads = (window: Round) => ({ ...window, reads: reads.filter(({ sentMs }) => isWithin(window, sentMs)) });
  report(lab, victim, { alone: alone.map(withReads), beside: beside.map(withReads) }, limits);
}

function readsOf({ stack }: Lab, { subscriptionId, subscriberKey }: Victim) {
  const urls = stack.apis.map(({ url }) => url);
  return startReads({ urls, path: `/v1/subscriptions/${subscriptionId}`, key: subscriberKey });
}

function report(
  lab: Lab,
  { path }: Victim,
  { alone, beside }: Record<'alone' | 'beside', Window[]>,
  limits: TimesLimits | undefined,
): void {
  const history = readHistory(lab.journal.entries);
  const figuresOf = (windows: Window[]): RoundFigures[] => windows.map((window) => roundFigures(history, path, window));
  const { lines, violations } = compare({ alone: figuresOf(alone), beside: figuresOf(beside) }, limits);
  for (const line of lines) lab.figure(line);
  for (const violation of violations) lab.report(violation);
  const failed = beside.flatMap(({ reads }) => reads).filter(({ status }) => status !== 200);
  if (failed.length > 0) lab.report(`refused: ${failed.length} of the victim's reads, with ${failed[0]?.status}`);
}

interface Round extends Omit<Window, 'reads'> {
  sent: number;
  /** Every publish of it is answered. */
  answered: Promise<void>;
}

/** What was not answered in its round goes on being tried, without the attacker now. @returns how long it took, in ms. */
async function recover({ receiver }: Lab, { path }: Victim, rounds: readonly Round[]): Promise<number> {
  const beganMs = performance.now();
  await Promise.all(rounds.map(({ answered }) => answered));
  const sent = rounds.reduce((sum, round) => sum + round.sent, 0);
  const hasArrived = async () => receiver.countDeliveries(path) >= sent;
  await waitFor({ condition: hasArrived, timeoutMs: GIVE_UP_AFTER_MS, intervalMs: 20 });
  return performance.now() - beganMs;
}

/** Steadily, whether or not answers come; then waits until all of it has arrived, or not for longer than is worth it. */
async function publishFor(lab: Lab, victim: Victim, forMs: number): Promise<Round> {
  const { producer, receiver } = lab;
  const { target, path } = victim;
  const before = receiver.countDeliveries(path);
  const fromMs = performance.now();
  const load = producer.startLoad({ targets: [target], perSecond: PER_SECOND });
  await sleep(forMs);
  const toMs = performance.now();
  const { sent, answered } = load.end();
  const hasArrived = async () => receiver.countDeliveries(path) - before >= sent;
  await waitFor({ condition: hasArrived, timeoutMs: ARRIVE_WITHIN_MS, intervalMs: 20 });
  const endMs = performance.now();
  return { fromMs, toMs, endMs, sent, answered };
}

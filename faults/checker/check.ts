import { type History, matches } from './history';
import { findSplits } from './identity';
import { findLost } from './lost';
import { findDisorder, findEarly } from './order';
import { findOverlaps } from './overlaps';
import { findRepeats } from './repeats';
import { findStrangers } from './strangers';

/** What a case promises beyond the rest. */
export interface Limits {
  /** Repeats that its fault can explain. Default: any number. */
  maxRepeats?: number;
  /** Events that may have a try of an unknown outcome. Default: any number. */
  maxUncertain?: number;
  /** Within which every publish was answered; Default: not looked at, as the fault keeps answers away. */
  answersWithinMs?: number;
}

export interface Verdict {
  published: number;
  /** Events of which some try had an unknown outcome. */
  uncertain: number;
  /** Pairs of event and subscription that were acknowledged. */
  delivered: number;
  repeated: number;
  lost: number;
  /** All that is not as promised, in words. */
  violations: string[];
}

/** Judges a history in which all has become quiet. */
export function check(history: History, { maxRepeats, maxUncertain, answersWithinMs }: Limits = {}): Verdict {
  const publishes = [...history.publishes.values()];
  const lost = findLost(history);
  const repeats = findRepeats(history);
  const violations = [
    ...lost,
    ...findStrangers(history),
    ...findSplits(history),
    ...repeats.violations,
    ...findOverlaps(history),
    ...findDisorder(history),
    ...findEarly(history),
  ];
  if (maxRepeats !== undefined && repeats.count > maxRepeats) {
    violations.push(`repeated: ${repeats.count} times, where ${maxRepeats} at most can be explained`);
  }
  const uncertain = publishes.filter(({ unknownTries }) => unknownTries > 0).length;
  if (maxUncertain !== undefined && uncertain > maxUncertain) {
    violations.push(`refused: ${uncertain} events at some try, where ${maxUncertain} at most can be explained`);
  }
  for (const { key, slowestMs, outcome } of publishes) {
    if (answersWithinMs !== undefined && slowestMs > answersWithinMs) {
      violations.push(`late: ${key} waited ${Math.round(slowestMs)} ms for its answer`);
    }
    if (outcome !== 'ok') violations.push(`refused: ${key} was never answered with 000, however often it was tried`);
  }
  return {
    published: publishes.length,
    uncertain,
    delivered: countDelivered(history),
    repeated: repeats.count,
    lost: lost.length,
    violations,
  };
}

function countDelivered({ receipts, subscriptions, publishes }: History): number {
  const pairs = receipts.filter(({ path, key, isAcknowledged }) => {
    const subscription = subscriptions.get(path);
    const publish = publishes.get(key);
    return isAcknowledged && subscription && publish && matches(subscription, publish);
  });
  return new Set(pairs.map(({ path, key }) => `${path} ${key}`)).size;
}

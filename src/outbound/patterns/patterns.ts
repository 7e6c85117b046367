import type { Share } from '../../domain/fairness/fairQueue';
import { type PatternAnswer, type PatternQuestion, PatternThread } from './patternThread';

/**
 * What is surely quick: the engine makes 25 steps a microsecond at worst, so this is 0.1 s. It covers an expression of 38
 * instructions over 64 KiB.
 */
const QUICK_STEPS = 2_500_000;
/** Slow searches take what deliveries leave of the CPU. */
const SLOW_NICENESS = 10;
/** Turns are counted by work; what is not a search counts as a search through one KiB. */
const BYTES_PER_COST = 1024;

export interface PatternsOptions {
  /** CPU time of one question. Default 30,000. */
  cpuBudgetMs?: number;
}

/**
 * Regular expressions beside the event loop: even a linear engine can take seconds for 64 KiB, in which nothing else would
 * be delivered. Quick and slow questions have a thread each. In one thread, whoever asks a quick question waits for a slow
 * one of each other tenant, and meanwhile its answers keep the places of its next attempts.
 */
export class Patterns {
  private readonly quick: PatternThread;
  private readonly slow: PatternThread;

  constructor(options: PatternsOptions = {}) {
    this.quick = new PatternThread({ ...options, maxSteps: QUICK_STEPS });
    this.slow = new PatternThread({ ...options, niceness: SLOW_NICENESS });
  }

  /** @returns whether it is found; null when that can never be said. Never rejects. */
  async isFound({ share, ...question }: { pattern: string; body: Uint8Array; share: Share }): Promise<boolean | null> {
    const cost = 1 + question.body.length / BYTES_PER_COST;
    const answer = await this.quick.ask({ ...question, share: { ...share, cost } });
    if (!answer?.isTooCostly) return foundBy(answer);
    return foundBy(await this.slow.ask({ ...question, share: { ...share, cost: cost * answer.programSize } }));
  }

  /** @returns the size of its program, or what is wrong with it. Never rejects. */
  async compile({
    pattern,
    share,
  }: Omit<PatternQuestion, 'body'>): Promise<{ programSize: number } | { error: string }> {
    const answer = await this.quick.ask({ pattern, body: null, share });
    if (answer === null) return { error: 'the regular expression takes too long to compile' };
    return answer.error === null ? { programSize: answer.programSize } : { error: answer.error };
  }
}

function foundBy(answer: PatternAnswer | null): boolean | null {
  return answer === null || answer.error !== null ? null : answer.isFound;
}

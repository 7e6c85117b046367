import { performance } from 'node:perf_hooks';
import { LruMap } from '../../domain/lruMap';
import type { ServersAnswer } from './askServers';

/** An answer is used for as long as its TTL says, but no longer: a change at the DNS must reach us soon. */
const MAX_TTL_MS = 60_000;
/** A name that does not resolve is not asked for again at once; one that has just been made must not wait for long. */
const FAILED_MS = 2_000;
/** About 2 MB. */
const MAX_NAMES = 10_000;

/** Answers of DNS servers for as long as they hold. One with TTL 0 is not kept. */
export class NameCache {
  readonly #kept = new LruMap<string, { answer: ServersAnswer; untilMs: number }>(MAX_NAMES);

  get(name: string): ServersAnswer | undefined {
    const kept = this.#kept.get(name);
    if (!kept) return undefined;
    if (performance.now() < kept.untilMs) return kept.answer;
    this.#kept.delete(name);
    return undefined;
  }

  set(name: string, answer: ServersAnswer): void {
    const forMs = answer.code === null ? Math.min(answer.ttlS * 1000, MAX_TTL_MS) : FAILED_MS;
    if (forMs === 0) return;
    this.#kept.set(name, { answer, untilMs: performance.now() + forMs });
  }
}

import { LruMap } from '../domain/lruMap';

const MAX_BUCKETS = 10_000;
/** So many of the buckets that were used least recently are searched for a full one: a full one loses nothing. */
const MAX_SEARCHED = 16;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
  /**
   * Takes tokens out of the key's bucket, by default one, or none of them. More than a bucket holds cost all that it holds:
   * else they could never be had.
   *
   * @returns 0, or the seconds until there are enough.
   */
  take(key: string, tokens?: number): number;
  /** How many tokens are in the key's bucket. */
  left(key: string): number;
}

export interface RateLimitOptions {
  perSecond: number;
  burst: number;
  nowMs?: () => number;
  maxBuckets?: number;
}

/**
 * Token buckets, one per key: `perSecond` tokens a second, `burst` of them at once. A bucket that is forgotten is full again,
 * so buckets in use stay, however many other keys come.
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { perSecond, burst, nowMs = () => performance.now(), maxBuckets = MAX_BUCKETS } = options;
  const buckets = new LruMap<string, Bucket>(maxBuckets);

  function bucketOf(key: string): Bucket {
    const known = buckets.get(key);
    if (known) return known;
    if (buckets.size >= maxBuckets) forgetFullOne();
    const bucket = { tokens: burst, filledAtMs: nowMs() };
    buckets.set(key, bucket);
    return bucket;
  }

  function fill(bucket: Bucket): void {
    const now = nowMs();
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAtMs) / 1000) * perSecond);
    bucket.filledAtMs = now;
  }

  function forgetFullOne(): void {
    let searched = 0;
    for (const [key, bucket] of buckets) {
      fill(bucket);
      if (bucket.tokens >= burst) return void buckets.delete(key);
      if (++searched >= MAX_SEARCHED) return;
    }
  }

  return {
    perSecond,
    burst,
    left(key) {
      const bucket = bucketOf(key);
      fill(bucket);
      return bucket.tokens;
    },
    take(key, wanted = 1) {
      const tokens = Math.min(wanted, burst);
      const bucket = bucketOf(key);
      fill(bucket);
      if (bucket.tokens >= tokens) {
        bucket.tokens -= tokens;
        return 0;
      }
      return (tokens - bucket.tokens) / perSecond;
    },
  };
}

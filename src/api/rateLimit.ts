/** Keys that are not known any more make room for others; a bucket that is forgotten is a full one. */
const MAX_BUCKETS = 10_000;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export interface RateLimit {
  /** Takes tokens out of the key's bucket, by default one, or none of them. @returns 0, or the seconds until there are enough. */
  take(key: string, tokens?: number): number;
}

/** Token buckets, one per key: `perSecond` calls a second, `burst` of them at once. */
export function createRateLimit(options: { perSecond: number; burst: number; nowMs?: () => number }): RateLimit {
  const { perSecond, burst, nowMs = () => performance.now() } = options;
  const buckets = new Map<string, Bucket>();

  function bucketOf(key: string): Bucket {
    const known = buckets.get(key);
    if (known) return known;
    if (buckets.size >= MAX_BUCKETS) {
      const oldest = buckets.keys().next();
      if (!oldest.done) buckets.delete(oldest.value);
    }
    const bucket = { tokens: burst, filledAtMs: nowMs() };
    buckets.set(key, bucket);
    return bucket;
  }

  return {
    take(key, tokens = 1) {
      const bucket = bucketOf(key);
      const now = nowMs();
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAtMs) / 1000) * perSecond);
      bucket.filledAtMs = now;
      if (bucket.tokens >= tokens) {
        bucket.tokens -= tokens;
        return 0;
      }
      return (tokens - bucket.tokens) / perSecond;
    },
  };
}

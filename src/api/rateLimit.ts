/** Keys that are not known any more make room for others; a bucket that is forgotten is a full one. */
const MAX_BUCKETS = 10_000;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export interface RateLimit {
  /** Takes a token of the key's bucket: 0, or the seconds until there is one. */
  take(key: string): number;
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
    take(key) {
      const bucket = bucketOf(key);
      const now = nowMs();
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAtMs) / 1000) * perSecond);
      bucket.filledAtMs = now;
      if (bucket.tokens >= 1) {
        bucket.tokens -= 1;
        return 0;
      }
      return (1 - bucket.tokens) / perSecond;
    },
  };
}

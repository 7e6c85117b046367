import { performance } from 'node:perf_hooks';

/** What `read` gave, read again when it is older than `ms`. */
export function rememberedFor<T>(ms: number, read: () => T): () => T {
  let known: { value: T; readAtMs: number } | null = null;
  return () => {
    if (!known || performance.now() - known.readAtMs > ms) known = { value: read(), readAtMs: performance.now() };
    return known.value;
  };
}

/** Asks once in so long, however many want to know; who asks while the question is under way shares its answer. A fault is not kept. */
export function cachedFor<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let asked: { answer: Promise<T>; atMs: number } | undefined;
  return () => {
    const nowMs = performance.now();
    if (asked && nowMs - asked.atMs < ms) return asked.answer;
    const asking = { answer: ask(), atMs: nowMs };
    asked = asking;
    asking.answer.catch(() => {
      if (asked === asking) asked = undefined;
    });
    return asking.answer;
  };
}

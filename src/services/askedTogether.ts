/**
 * For a question that anybody may ask: while it is being answered, and for `keepMs` after that, whoever asks gets that same
 * answer. A failure is not kept.
 */
export function askedTogether<T>(
  ask: () => Promise<T>,
  { keepMs = 0, nowMs = () => performance.now() } = {},
): () => Promise<T> {
  let underWay: Promise<T> | undefined;
  let answeredAtMs: number | undefined;
  return () => {
    if (underWay && answeredAtMs !== undefined && nowMs() - answeredAtMs >= keepMs) underWay = undefined;
    if (underWay) return underWay;
    answeredAtMs = undefined;
    const asked = ask();
    underWay = asked;
    asked.then(
      () => {
        answeredAtMs = nowMs();
      },
      () => {
        underWay = undefined;
      },
    );
    return asked;
  };
}

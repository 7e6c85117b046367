import { type History, matches, type Publish, type Receipt, releaseKey } from './history';

interface Passage {
  publish: Publish;
  firstArrivedMs: number;
  /** Infinity: never. */
  acknowledgedMs: number;
}

/** Promise 4: of a push task, what was answered before another was sent is acknowledged before that other arrives. */
export function findDisorder(history: History): string[] {
  return [...history.subscriptions.values()]
    .filter(({ ordered }) => ordered)
    .flatMap((subscription) =>
      subscription.topics.flatMap((topic) => {
        const own = history.receipts.filter(({ path }) => path === subscription.path);
        const passages = passagesOf(history, { receipts: own, topic });
        return disorderIn(passages).map((words) => `disorder: ${words} at ${subscription.path}`);
      }),
    );
}

function passagesOf({ publishes }: History, { receipts, topic }: { receipts: Receipt[]; topic: string }): Passage[] {
  const passages = new Map<string, Passage>();
  for (const { key, arrivedMs, answeredMs, isAcknowledged } of receipts) {
    const publish = publishes.get(key);
    if (publish?.topic !== topic) continue;
    const passage = passages.get(key) ?? {
      publish,
      firstArrivedMs: arrivedMs,
      acknowledgedMs: Number.POSITIVE_INFINITY,
    };
    passages.set(key, passage);
    if (isAcknowledged && answeredMs !== null) passage.acknowledgedMs = Math.min(passage.acknowledgedMs, answeredMs);
  }
  return [...passages.values()];
}

/** Each against the latest sent of those that arrived before it was acknowledged. */
function disorderIn(passages: Passage[]): string[] {
  const arrivals = [...passages].sort((a, b) => a.firstArrivedMs - b.firstArrivedMs);
  const ends = [...passages].sort((a, b) => a.acknowledgedMs - b.acknowledgedMs);
  const found: string[] = [];
  let next = 0;
  let latest: Passage | null = null;
  for (const end of ends) {
    for (let arrived = arrivals[next]; arrived && arrived.firstArrivedMs < end.acknowledgedMs; ) {
      if (latest === null || arrived.publish.sentMs > latest.publish.sentMs) latest = arrived;
      arrived = arrivals[++next];
    }
    const { answeredMs } = end.publish;
    if (latest && answeredMs !== null && latest.publish.sentMs > answeredMs) {
      found.push(`${latest.publish.key} came before ${end.publish.key} was acknowledged`);
    }
  }
  return found;
}

/** Nothing of a topic arrives before its history is processed. */
export function findEarly({ subscriptions, publishes, receipts, releases }: History): string[] {
  return receipts.flatMap(({ path, key, arrivedMs }) => {
    const subscription = subscriptions.get(path);
    const publish = publishes.get(key);
    if (!subscription?.held || !publish || !matches(subscription, publish)) return [];
    const releasedMs = releases.get(releaseKey(path, publish.topic)) ?? Number.POSITIVE_INFINITY;
    return arrivedMs < releasedMs ? [`early: ${key} at ${path}, before its history was processed`] : [];
  });
}

import type { Api } from './api';
import { githubEvents, type PublishBody } from './githubEvents';
import type { Options } from './options';
import { type Received, readNative, startReceiver } from './receiver';
import { makeSetting } from './setting';
import { chapter, fact, tell, temporalFact, warn } from './story';
import { waitUntil } from './waitUntil';

const SOME = 36;
const PRODUCERS = 10;
/** Waits after a failed attempt, in seconds. */
const RETRY = [1, 2, 5, 10, 20];

type Example = PublishBody & { event_key: string };

/** GitHub's webhook examples for a native subscription, the first call refused. @returns whether everything arrived. */
export async function tellExamples(operator: Api, { url, temporalUiUrl, all }: Options): Promise<boolean> {
  const calls: Received[] = [];
  const publishedAtMs = new Map<string, number>();
  const receiver = await startReceiver({
    path: '/github',
    read: readNative,
    // The very first call is refused, to show what Postrider makes of it.
    answer: () => (calls.length === 0 ? 503 : 200),
    received(call) {
      calls.push(call);
      tell(call, { afterMs: call.atMs - (publishedAtMs.get(call.event.key) ?? call.atMs) });
    },
  });
  try {
    const events = choose(githubEvents(), { all });
    const topics = [...new Set(events.map(({ event_topic }) => event_topic))];
    const setting = await makeSetting(operator, { topics, callbackUrl: receiver.url, retry: RETRY });
    receiver.trust(setting.secret);
    chapter(`Postrider at ${url}`);
    fact('tenant', setting.tenantId);
    fact('receiver', receiver.url);
    fact('subscription', `${setting.subscriptionId}, ${topics.length} topics`);
    try {
      chapter(`${events.length} of GitHub's webhook examples, as they arrive`);
      const startedAtMs = performance.now();
      const ids = await publishAll(setting.producer, { events, publishedAtMs });
      const missing = await waitForArrival(ids, calls);
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      chapter(`${ids.size - missing.length} of ${ids.size} delivered in ${seconds} s, each with a verified signature`);
      for (const id of missing) warn(`  event ${id} has not arrived, see ${url}/v1/events/${id}`);
      const [first] = calls;
      if (first) await showDelivery(operator, { deliveryId: first.deliveryId, temporalUiUrl });
      return missing.length === 0;
    } finally {
      await setting.clear();
    }
  } finally {
    await receiver.close();
  }
}

/** Some dozens from all over the list, or all; each with a key of its own, by which it is known again on arrival. */
function choose(events: PublishBody[], { all }: { all: boolean }): Example[] {
  const step = all ? 1 : Math.max(1, Math.floor(events.length / SOME));
  const chosen = events.filter((_, index) => index % step === 0).slice(0, all ? events.length : SOME);
  return chosen.map((event, index) => ({ ...event, event_key: `demo-${index + 1}` }));
}

/** @returns the events' ids by their keys; `publishedAtMs` gets the moment of each publish by the event's key. */
async function publishAll(
  producer: Api,
  { events, publishedAtMs }: { events: Example[]; publishedAtMs: Map<string, number> },
): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  const rest = events.values();
  const publishRest = async () => {
    for (const event of rest) {
      publishedAtMs.set(event.event_key, performance.now());
      const { request_id } = await producer.call<{ request_id: string }>('POST', '/api/publish', { body: event });
      ids.set(event.event_key, request_id);
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, publishRest));
  return ids;
}

/** @param ids of events by their keys. @returns those that have not arrived within a minute. */
async function waitForArrival(ids: Map<string, string>, calls: Received[]): Promise<string[]> {
  const findMissing = () => {
    const arrived = new Set(calls.filter(({ status }) => status === 200).map(({ event }) => event.key));
    return [...ids].filter(([key]) => !arrived.has(key)).map(([, id]) => id);
  };
  await waitUntil(async () => findMissing().length === 0);
  return findMissing();
}

interface Delivery {
  id: string;
  state: string;
  attempts: { number: number; startedAt: string; statusCode: number | null; error: string | null }[];
  workflowId: string;
}

/** The one that was refused: from its first failure on, a delivery has a workflow of its own. */
async function showDelivery(
  operator: Api,
  { deliveryId, temporalUiUrl }: { deliveryId: string; temporalUiUrl: string | null },
): Promise<void> {
  const read = () => operator.call<Delivery>('GET', `/v1/deliveries/${deliveryId}`);
  // It has arrived; that it has is written a moment later.
  await waitUntil(async () => (await read()).state !== 'pending');
  const { id, state, attempts, workflowId } = await read();
  fact('delivery', `${id}, ${state}`);
  for (const { number, startedAt, statusCode, error } of attempts) {
    fact(`attempt ${number}`, `${startedAt}, ${statusCode ?? error}`);
  }
  temporalFact(workflowId, temporalUiUrl);
}

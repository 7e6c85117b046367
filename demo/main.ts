import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from './api';
import { githubEvents, type PublishBody } from './githubEvents';
import { DemoError, type Options, readOptions } from './options';
import { type Received, startReceiver } from './receiver';
import { makeSetting } from './setting';
import { chapter, fact, tell, warn } from './story';

const SOME = 36;
const PRODUCERS = 10;
const ARRIVED_WITHIN_MS = 60_000;
/** Waits after a failed attempt, in seconds. */
const RETRY = [1, 2, 5, 10, 20];

/** @returns whether everything arrived. */
async function demo({ url, operatorKey, temporalUiUrl, all }: Options): Promise<boolean> {
  const operator = new Api(url, operatorKey);
  await operator.waitUntilReady();

  const calls: Received[] = [];
  const publishedAtMs = new Map<string, number>();
  const receiver = await startReceiver({
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
      chapter(
        `${ids.length - missing.length} of ${ids.length} delivered in ${seconds} s, each with a verified signature`,
      );
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
function choose(events: PublishBody[], { all }: { all: boolean }): (PublishBody & { event_key: string })[] {
  const step = all ? 1 : Math.max(1, Math.floor(events.length / SOME));
  const chosen = events.filter((_, index) => index % step === 0).slice(0, all ? events.length : SOME);
  return chosen.map((event, index) => ({ ...event, event_key: `demo-${index + 1}` }));
}

/** @returns the events' ids; `publishedAtMs` gets the moment of each publish by the event's key. */
async function publishAll(
  producer: Api,
  { events, publishedAtMs }: { events: (PublishBody & { event_key: string })[]; publishedAtMs: Map<string, number> },
): Promise<string[]> {
  const ids: string[] = [];
  const rest = events.values();
  const publishRest = async () => {
    for (const event of rest) {
      publishedAtMs.set(event.event_key, performance.now());
      const { request_id } = await producer.call<{ request_id: string }>('POST', '/api/publish', { body: event });
      ids.push(request_id);
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, publishRest));
  return ids;
}

/** @returns the events that have not arrived within a minute. */
async function waitForArrival(ids: string[], calls: Received[]): Promise<string[]> {
  const deadline = performance.now() + ARRIVED_WITHIN_MS;
  for (;;) {
    const arrived = new Set(calls.filter(({ status }) => status === 200).map(({ event }) => event.id));
    const missing = ids.filter((id) => !arrived.has(id));
    if (missing.length === 0 || performance.now() > deadline) return missing;
    await sleep(20);
  }
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
  const { id, state, attempts, workflowId } = await operator.call<Delivery>('GET', `/v1/deliveries/${deliveryId}`);
  fact('delivery', `${id}, ${state}`);
  for (const { number, startedAt, statusCode, error } of attempts) {
    fact(`attempt ${number}`, `${startedAt}, ${statusCode ?? error}`);
  }
  if (temporalUiUrl) fact('in Temporal', `${temporalUiUrl}/workflows/${encodeURIComponent(workflowId)}`);
  else fact('in Temporal', `workflow ${workflowId}`);
}

async function main(): Promise<void> {
  try {
    const options = readOptions(process.argv.slice(2), process.env);
    if (options) process.exitCode = (await demo(options)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DemoError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

void main();

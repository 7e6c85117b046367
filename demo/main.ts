import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from './api';
import { githubEvents, type PublishBody } from './githubEvents';
import { DemoError, type Options, readOptions } from './options';
import { type DeliveredEvent, type Received, startReceiver } from './receiver';
import { makeSetting } from './setting';
import { bold, chapter, fact, say, tell, warn } from './story';

const SOME = 36;
const PRODUCERS = 10;
const ARRIVED_WITHIN_MS = 60_000;
/** Seconds after a failed attempt. */
const RETRY = [1, 2, 5, 10, 20];

async function demo({ url, operatorKey, temporalUiUrl, all }: Options): Promise<boolean> {
  const operator = new Api(url, operatorKey);
  await operator.waitUntilReady();

  const events = all ? githubEvents() : pickEvenly(githubEvents(), SOME);
  const topics = [...new Set(events.map(({ event_topic }) => event_topic))];
  const publishedAtMs = new Map<string, number>();
  const arrived = new Set<string>();
  let refused: Received | null = null;

  const receiver = await startReceiver({
    // The first is refused once, to show what Postrider makes of it.
    answer: (event: DeliveredEvent) => (refused === null || refused.event.id === event.id ? refuseOnce() : 200),
    received(call) {
      if (call.status === 503) refused = call;
      if (call.status === 200) arrived.add(call.event.id);
      // An event can arrive before the answer to its publisher does.
      tell(call, { afterMs: call.atMs - (publishedAtMs.get(call.event.id) ?? call.atMs) });
    },
  });
  let refusals = 0;
  const refuseOnce = () => (refusals++ === 0 ? 503 : 200);

  try {
    const setting = await makeSetting(operator, { topics, callbackUrl: receiver.url, retry: RETRY });
    receiver.trust(setting.secret);
    chapter(`Postrider at ${url}`);
    fact('tenant', setting.tenantId);
    fact('receiver', receiver.url);
    fact('subscription', `${setting.subscriptionId}, to ${topics.length} topics`);
    try {
      chapter(`${events.length} of GitHub's webhook examples`);
      const startedAtMs = performance.now();
      const ids = await publishAll(setting.producer, { events, publishedAtMs });
      const deadline = performance.now() + ARRIVED_WITHIN_MS;
      while (ids.some((id) => !arrived.has(id)) && performance.now() < deadline) await sleep(20);
      const missing = ids.filter((id) => !arrived.has(id));
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);

      chapter(`${ids.length - missing.length} of ${ids.length} delivered in ${seconds} s, every signature verified`);
      if (refused) await showWorkflow(operator, { call: refused, temporalUiUrl });
      for (const id of missing) warn(`  event ${id} did not arrive: ${url}/v1/events/${id}`);
      return missing.length === 0;
    } finally {
      await setting.clear();
    }
  } finally {
    await receiver.close();
  }
}

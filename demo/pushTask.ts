import type { Api } from './api';
import type { Options } from './options';
import { makePushSetting, type PushSetting, type PushTask } from './pushSetting';
import { type Received, readDataPush, startReceiver } from './receiver';
import { chapter, fact, tell, temporalFact, warn } from './story';
import { waitUntil } from './waitUntil';

/** What becomes of one product: out of order it would make no sense. */
const BEFORE = ['created', 'priced', 'on sale'];
const AFTER = ['reduced', 'sold out', 'back in stock'];

/**
 * A data-push subscriber: events are held until it has processed the history, then pushed in order; its receiver goes and
 * comes back. @returns whether everything arrived in order.
 */
export async function tellPushTask(operator: Api, { temporalUiUrl }: Options): Promise<boolean> {
  const calls: Received[] = [];
  const publishedAtMs = new Map<string, number>();
  let answer = 200;
  const receiver = await startReceiver({
    path: '/push',
    read: readDataPush,
    answer: () => answer,
    received(call) {
      calls.push(call);
      tell(call, { afterMs: call.atMs - (publishedAtMs.get(call.event.status) ?? call.atMs) });
    },
  });
  const arrived = () => calls.filter(({ status }) => status === 200).map(({ event }) => event.status);
  const haveArrived = (count: number) => waitUntil(async () => arrived().length >= count);

  async function publish(setting: PushSetting, statuses: string[]): Promise<void> {
    fact('publish', `${statuses.length} events, one after the other: ${statuses.join(', ')}`);
    for (const status of statuses) {
      publishedAtMs.set(status, performance.now());
      await setting.publish(status);
    }
  }

  try {
    const setting = await makePushSetting(operator, { webhookUrl: receiver.url });
    receiver.trust(setting.secret);
    try {
      chapter('Data push: first the history, then what is new');
      fact('subscribe', `POST /topics/subscribe: ${setting.topic}, historyStatus ${setting.historyStatus}`);
      await publish(setting, BEFORE);
      const held = await setting.readTask();
      fact('push task', `${describe(held)}; ${calls.length} have arrived`);
      fact('full sync', 'the subscriber reads all products from the shop, without Postrider');
      fact('release', 'POST /topics/historyProcessed');
      await setting.processHistory();
      await haveArrived(BEFORE.length);

      chapter('The receiver is taken away, and comes back');
      answer = 410;
      await publish(setting, AFTER);
      const stopped = await setting.waitForTask('stopped');
      fact('push task', describe(stopped));
      temporalFact(stopped.workflowId, temporalUiUrl);
      fact('', 'A 410 stops it at once; a 503 is retried first, after 10 s, 30 s, 1, 2 and 5 minutes.');
      answer = 200;
      fact('activate', 'POST /topics/activate, the receiver is back');
      await setting.activate();
      await haveArrived(BEFORE.length + AFTER.length);

      const expected = [...BEFORE, ...AFTER];
      const isInOrder = arrived().join() === expected.join();
      const inOrder = isInOrder ? 'in the order in which they were accepted' : 'NOT in order';
      chapter(`${arrived().length} of ${expected.length} pushed, ${inOrder}, each with a verified signature`);
      if (!isInOrder) warn(`  arrived: ${arrived().join(', ')}`);
      fact('push task', describe(await setting.waitForTask('idle')));
      return isInOrder;
    } finally {
      await setting.clear();
    }
  } finally {
    await receiver.close();
  }
}

function describe({ state, reason, waiting }: PushTask): string {
  return `${state}${reason === null ? '' : ` (${reason})`}, ${waiting} wait${waiting === 1 ? 's' : ''}`;
}

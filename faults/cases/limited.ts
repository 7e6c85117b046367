import { setTimeout as sleep } from 'node:timers/promises';
import { makeTenant, putTopic, subscribe } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';

const EVENTS = 200;
const PER_SECOND = 10;
/** From the first event's answer to the last acknowledgement. The receiver alone needs 20 s for them. */
const SERVED_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 1000;
/** Those that are under way when the first one is refused, in each worker, and a few more. */
const MOST_REFUSED = 40;

export const limited: FaultCase = {
  name: 'limited-receiver',
  what: `one receiver takes ${PER_SECOND} calls a second and answers the others with 429: ${EVENTS} events at its pace`,
  async run(lab) {
    const { producer, receiver, journal } = lab;
    const tenant = await makeTenant(lab);
    const topic = `${journal.name}-topic`;
    await putTopic(lab, topic);
    const { id, path } = await subscribe(lab, tenant, { name: 'limited', topics: [topic] });
    let second = 0;
    let taken = 0;
    let refused = 0;
    receiver.on(path, ({ arrivedMs }) => {
      const now = Math.floor(arrivedMs / 1000);
      if (now !== second) taken = 0;
      second = now;
      if (++taken <= PER_SECOND) return {};
      refused++;
      return { status: 429, headers: { 'retry-after': '1' } };
    });
    const heal = await lab.beginFault('a receiver limits its callers');
    await producer.publishMany({ ...tenant, topic }, EVENTS);
    const isQuiet = lab.becomesQuiet().then(() => true);
    while (!(await Promise.race([isQuiet, sleep(LOOK_EVERY_MS, false)]))) {
      if (await isSick(lab, id)) lab.report('sick: a receiver that only limits its callers');
    }
    await heal();
    judge(lab, { path, refused });
  },
};

async function isSick({ operator }: Lab, subscriptionId: string): Promise<boolean> {
  const { data } = await operator.call<{ data: { subscriptionId: string }[] }>('GET', '/v1/lanes?state=sick');
  return data.some((lane) => lane.subscriptionId === subscriptionId);
}

function judge({ journal, report, figure }: Lab, { path, refused }: { path: string; refused: number }): void {
  const answeredMs = journal.entries.flatMap((entry) => (entry.kind === 'published' ? [entry.atMs] : []));
  const arrivedMs = journal.entries.flatMap((entry) =>
    entry.kind === 'receipt' && entry.path === path ? [entry.atMs] : [],
  );
  const tookMs = Math.max(...arrivedMs) - Math.min(...answeredMs);
  figure(`${EVENTS} events in ${(tookMs / 1000).toFixed(1)} s, ${refused} calls refused`);
  if (tookMs > SERVED_WITHIN_MS) report(`late: the last of ${EVENTS} events took ${Math.round(tookMs)} ms`);
  if (refused > MOST_REFUSED) report(`hasty: ${refused} calls were refused, where ${MOST_REFUSED} can be explained`);
}

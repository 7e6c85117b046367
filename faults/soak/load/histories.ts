import { setTimeout as sleep } from 'node:timers/promises';
import { putTopic, registerPush, type Tenant } from '../../driver/scene';
import type { Lab } from '../../lab';
import { type Repeated, repeat } from './repeat';
import { becomesSettled } from './settled';

const EVENTS = 10;
const HELD_FOR_MS = 2000;
const PAUSE_MS = 15_000;

/**
 * Push tasks that wait for their history: an app registers for a new topic, which drops the one before, events come, the
 * history is processed while more come. All calls can be repeated without a trace.
 */
export async function repeatHistories(lab: Lab, tenant: Pick<Tenant, 'tenantId' | 'producerKey'>): Promise<Repeated> {
  const { operator, producer, journal } = lab;
  const { tenantId } = tenant;
  const app = { ...tenant, appId: 'historian' };
  await operator.call('POST', '/v1/apps', { tenantId, id: app.appId, name: app.appId });
  let round = 0;
  return repeat(
    async () => {
      const name = `history-${++round}`;
      const topic = `${journal.name}-${name}`;
      await putTopic(lab, topic, { historyRequired: true });
      const { path } = await registerPush(lab, app, { name, topics: [topic], held: true });
      await producer.publishMany({ ...app, topic }, EVENTS);
      await sleep(HELD_FOR_MS);
      const publishing = producer.publishMany({ ...app, topic }, EVENTS);
      await journal.append({ kind: 'release', path, topic });
      await operator.call('POST', '/topics/historyProcessed', { tenantId, appId: app.appId, topicList: [topic] });
      await publishing;
      await becomesSettled(operator, topic);
    },
    { pauseMs: PAUSE_MS },
  );
}

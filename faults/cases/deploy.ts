import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../src/embedded/processes';
import type { Target } from '../driver/producer';
import { makeScene, makeTenant, putTopic, registerPush, subscribe } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';
import { MAIN, type ProductProcess } from '../stack/productProcess';
import type { Stack } from '../stack/stack';

const WAITING_EACH = { short: 10, full: 100 };
const BETWEEN_MS = 3000;
const STANDS_WITHIN_MS = 120_000;
/** Of push tasks and of subscriptions' lanes; what waits for a retry has workflows of its own. */
const STATES = ['awaiting_history', 'stopped', 'retrying', 'sick', 'paused'];

export const deploy: FaultCase = {
  name: 'deploy',
  what: 'new code over old open workflows: each process in turn, the others still old; then everything that stood is set free',
  startsFromOldBuild: {},
  // Processes are told to end, and finish what they have under way.
  limits: { maxRepeats: 0, answersWithinMs: 12_000 },
  isLong: true,
  async run(lab) {
    const { stack, producer, receiver, rate } = lab;
    const { targets } = await makeScene(lab);
    const standing = await makeStanding(lab);
    const carriers = await openCarriers(lab);
    const load = producer.startLoad({ targets, perSecond: rate });
    for (const one of inTurn(stack)) {
      await sleep(BETWEEN_MS);
      await replace(one);
      await producer.publishMany(standing.targets, standing.targets.length);
      for (const id of await openCarriers(lab)) carriers.add(id);
    }
    await load.stop();
    receiver.acknowledgeAll();
    await standing.setFree();
    await lab.becomesQuiet();
    for (const failure of await failedTasks(lab, carriers)) lab.report(failure);
  },
};

/** A worker, an API, the other worker, the other API: old and new of each kind work side by side. */
function inTurn({ workers, apis }: Stack): ProductProcess[] {
  return workers.flatMap((worker, index) => [worker, ...apis.slice(index, index + 1)]);
}

async function replace(one: ProductProcess): Promise<void> {
  await one.stop();
  one.mainFile = MAIN;
  await one.start();
  await one.becomesReady();
}

/** One subscription for each way in which something can wait, with something waiting. */
async function makeStanding(lab: Lab): Promise<{ targets: Target[]; setFree(): Promise<void> }> {
  const { producer, receiver, operator, journal, stack, tenantIds, short } = lab;
  const count = short ? WAITING_EACH.short : WAITING_EACH.full;
  const topicOf = (name: string) => `${journal.name}-${name}`;
  const push = async (name: string, { held, status }: { held: boolean; status: number }) => {
    const topic = topicOf(name);
    await putTopic(lab, topic, { historyRequired: held });
    const tenant = await makeTenant(lab);
    const { path } = await registerPush(lab, tenant, { name, topics: [topic], held });
    receiver.on(path, () => ({ status }));
    return { ...tenant, topic, path };
  };
  const native = async (name: string, { status, waitS }: { status: number; waitS: number }) => {
    const topic = topicOf(name);
    await putTopic(lab, topic);
    const tenant = await makeTenant(lab);
    const { id, path } = await subscribe(lab, tenant, { name, topics: [topic], retry: Array(50).fill(waitS) });
    receiver.on(path, () => ({ status }));
    return { ...tenant, topic, id };
  };
  const held = await push('held', { held: true, status: 200 });
  const stopped = await push('stopped', { held: false, status: 410 });
  const retrying = await push('retrying', { held: false, status: 503 });
  const failing = await native('failing', { status: 400, waitS: 5 });
  const sick = await native('sick', { status: 503, waitS: 5 });
  const paused = await native('paused', { status: 200, waitS: 5 });
  await operator.call('POST', `/v1/subscriptions/${paused.id}/pause`);
  const targets = [held, stopped, retrying, failing, sick, paused];
  await producer.publishMany(targets, count * targets.length);

  let states: string[] = [];
  const doStand = async () => {
    const rows = await stack.postgres.query<{ state: string }>(
      `SELECT DISTINCT l.state FROM lanes l JOIN subscriptions s ON s.id = l.subscription_id WHERE s.tenant_id = ANY($1)`,
      [tenantIds],
    );
    states = rows.map(({ state }) => state);
    return STATES.every((state) => states.includes(state));
  };
  if (!(await waitFor({ condition: doStand, timeoutMs: STANDS_WITHIN_MS, intervalMs: 200 }))) {
    throw new Error(`lanes are ${states}, not all of ${STATES}`);
  }
  return {
    targets,
    async setFree() {
      const ofHeld = { tenantId: held.tenantId, appId: held.appId, topicList: [held.topic] };
      await journal.append({ kind: 'release', path: held.path, topic: held.topic });
      await operator.call('POST', '/topics/historyProcessed', ofHeld);
      await operator.call('POST', '/topics/activate', { tenantId: stopped.tenantId, appId: stopped.appId });
      await operator.call('POST', `/v1/subscriptions/${paused.id}/resume`);
    },
  };
}

async function openCarriers({ stack, tenantIds }: Lab): Promise<Set<string>> {
  const query = `ExecutionStatus = 'Running' AND TenantId IN (${tenantIds.map((id) => `'${id}'`).join(', ')})`;
  return stack.temporal.use(async ({ workflow }) => {
    const ids = new Set<string>();
    for await (const { workflowId } of workflow.list({ query })) ids.add(workflowId);
    return ids;
  });
}

/** A worker whose code does not fit a history fails its task, again and again: in words. */
async function failedTasks({ stack }: Lab, workflowIds: Set<string>): Promise<string[]> {
  const failures: string[] = [];
  for (const id of workflowIds) {
    const { events } = await stack.temporal.use(({ workflow }) => workflow.getHandle(id).fetchHistory());
    for (const { workflowTaskFailedEventAttributes: failed } of events ?? []) {
      if (failed) failures.push(`a task of ${id} has failed: ${failed.failure?.message ?? failed.cause}`);
    }
  }
  return failures;
}

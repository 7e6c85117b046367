import { join } from 'node:path';
import { waitFor } from '../../src/embedded/processes';
import type { Target } from '../driver/producer';
import { makeTenant, putTopic, registerPush, subscribe } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';
import { takeBaseBackup } from '../stack/baseBackup';
import { ownTemporal } from './temporalFaults';

const WAITING_EACH = { short: 20, full: 200 };
const AFTERWARDS = 20;
const RETRY_AFTER_S = 5;
const REACHED_WITHIN_MS = 120_000;

export const restoreBackup: FaultCase = {
  name: 'restore',
  what: 'PostgreSQL is restored from a backup beside an empty Temporal: what was pending goes on, and of what came later nothing is invented',
  leavesMuch: true,
  async run(lab) {
    const { producer, receiver, operator, stack, short, journal } = lab;
    const temporal = ownTemporal(lab);
    const count = short ? WAITING_EACH.short : WAITING_EACH.full;
    const { targets, failingPath, pausedId } = await makeWaiting(lab);
    const later = await makeUnheard(lab);
    await producer.publishMany(targets, count * targets.length);
    await reaches(lab, 'every first attempt', () => receiver.countDeliveries(failingPath) >= count);

    const backup = join(stack.runDir, 'backup');
    // What is acknowledged from here on is repeated: the backup does not know of it.
    const heal = await lab.beginFault('all that came after the backup is lost');
    await takeBaseBackup(stack.postgres, backup);
    receiver.acknowledgeAll();
    const before = receiver.count(failingPath);
    await producer.publishMany(later, AFTERWARDS);
    await reaches(lab, 'a retry after the backup', () => receiver.count(failingPath) > before);

    await Promise.all(stack.processes.map((one) => one.kill9()));
    await stack.postgres.shutDown();
    await temporal.kill9();
    await temporal.deleteDatabase();
    stack.postgres.become(await stack.postgres.startBeside(backup));
    await stack.restore();
    await heal();
    await operator.call('POST', `/v1/subscriptions/${pausedId}/resume`);

    await lab.becomesQuiet();
    const invented = await stack.postgres.query('SELECT id FROM events WHERE tenant_id = $1', [later.tenantId]);
    if (invented.length > 0)
      lab.report(`invented: ${invented.length} events of ${journal.name} that came after the backup`);
  },
};

/** What waits for a retry, behind a lane in order, and behind a pause. */
async function makeWaiting(lab: Lab): Promise<{ targets: Target[]; failingPath: string; pausedId: string }> {
  const { receiver, operator, journal } = lab;
  const target = async (name: string) => {
    const topic = `${journal.name}-${name}`;
    await putTopic(lab, topic);
    return { ...(await makeTenant(lab)), topic };
  };
  const failing = await target('failing');
  const retry = Array(50).fill(RETRY_AFTER_S);
  const { path: failingPath } = await subscribe(lab, failing, { name: 'failing', topics: [failing.topic], retry });
  receiver.on(failingPath, () => ({ status: 400 }));
  const inOrder = await target('in-order');
  const { path: orderedPath } = await registerPush(lab, inOrder, { name: 'in-order', topics: [inOrder.topic] });
  receiver.on(orderedPath, () => ({ status: 503 }));
  const paused = await target('paused');
  const { id: pausedId } = await subscribe(lab, paused, { name: 'paused', topics: [paused.topic] });
  await operator.call('POST', `/v1/subscriptions/${pausedId}/pause`);
  return { targets: [failing, inOrder, paused], failingPath, pausedId };
}

/** Nobody subscribes to it, so that what the restored database does not know of is missed by nobody. */
async function makeUnheard(lab: Lab): Promise<Target> {
  const topic = `${lab.journal.name}-later`;
  await putTopic(lab, topic);
  return { ...(await makeTenant(lab, { isJudged: false })), topic };
}

async function reaches(lab: Lab, what: string, condition: () => boolean): Promise<void> {
  if (await waitFor({ condition: async () => condition(), timeoutMs: REACHED_WITHIN_MS })) return;
  throw new Error(`${lab.journal.name}: ${what} did not come within ${REACHED_WITHIN_MS} ms`);
}

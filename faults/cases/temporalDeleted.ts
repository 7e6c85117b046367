import { waitFor } from '../../src/embedded/processes';
import { makeTenant, putTopic, subscribe } from '../driver/scene';
import type { FaultCase } from '../lab';
import { ownTemporal } from './temporalFaults';

const IN_RETRY = { short: 500, full: 5000 };
/** Below the 1,000 from which a subscription's deliveries go behind its lane. */
const PER_SUBSCRIPTION = 500;
/** So long that the retries of the first ones leave room for the first attempts of the last. */
const RETRY_AFTER_S = { short: 20, full: 150 };
const ATTEMPTED_WITHIN_MS = 600_000;

export const temporalDeleted: FaultCase = {
  name: 'temporal-deleted',
  what: "Temporal's database is deleted while thousands of deliveries wait for a retry",
  limits: { maxRepeats: 0, maxUncertain: 0 },
  quietWithinMs: 900_000,
  isLong: true,
  async run(lab) {
    const { producer, receiver, short, journal } = lab;
    const temporal = ownTemporal(lab);
    const count = short ? IN_RETRY.short : IN_RETRY.full;
    const tenant = await makeTenant(lab);
    const paths: string[] = [];
    const targets = [];
    for (let index = 0; index < count / PER_SUBSCRIPTION; index++) {
      const topic = `${journal.name}-${index}`;
      await putTopic(lab, topic);
      const { path } = await subscribe(lab, tenant, {
        name: `retrying-${index}`,
        topics: [topic],
        retry: Array(50).fill(short ? RETRY_AFTER_S.short : RETRY_AFTER_S.full),
      });
      receiver.on(path, () => ({ status: 400 }));
      paths.push(path);
      targets.push({ ...tenant, topic });
    }
    await producer.publishMany(targets, count);
    const areAttempted = async () => paths.every((path) => receiver.count(path) >= PER_SUBSCRIPTION);
    if (!(await waitFor({ condition: areAttempted, timeoutMs: ATTEMPTED_WITHIN_MS }))) {
      throw new Error('not everything had a first attempt');
    }
    const heal = await lab.beginFault("Temporal's database deleted");
    await temporal.kill9();
    await temporal.deleteDatabase();
    await temporal.restore();
    receiver.acknowledgeAll();
    await heal();
  },
};

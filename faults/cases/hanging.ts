import { setTimeout as sleep } from 'node:timers/promises';
import { makeTenant, putTopic, subscribe } from '../driver/scene';
import type { FaultCase, Lab } from '../lab';

const PENDING = { short: 500, full: 5000 };
const HEALTHY = 50;
/** One a second: longer than the other hangs. */
const HEALTHY_EVENTS = 40;
const TIMEOUT_MS = 30_000;
/** On a machine that does everything at once; what had to wait for one that hangs would be there after its 30 s. */
const ARRIVES_WITHIN_MS = 12_000;

export const hanging: FaultCase = {
  name: 'hanging-receiver',
  what: 'one receiver hangs with thousands pending, beside 50 healthy ones, whose events must not wait for it',
  isLong: true,
  quietWithinMs: 600_000,
  async run(lab) {
    const { producer, receiver, short, journal } = lab;
    const tenant = await makeTenant(lab);
    const [stuck, healthy] = [`${journal.name}-stuck`, `${journal.name}-healthy`];
    for (const topic of [stuck, healthy]) await putTopic(lab, topic);
    const { path } = await subscribe(lab, tenant, { name: 'hanging', topics: [stuck], timeoutMs: TIMEOUT_MS });
    for (let index = 0; index < HEALTHY; index++) {
      await subscribe(lab, tenant, { name: `healthy-${index}`, topics: [healthy] });
    }
    receiver.on(path, () => ({ status: 'hang' }));
    const heal = await lab.beginFault('a receiver hangs');
    const filling = producer.publishMany({ ...tenant, topic: stuck }, short ? PENDING.short : PENDING.full);
    const keys = new Set<string>();
    for (let event = 0; event < HEALTHY_EVENTS; event++) {
      const key = producer.nextKey();
      keys.add(key);
      await producer.publish({ ...tenant, topic: healthy }, { key });
      await sleep(1000);
    }
    await filling;
    receiver.acknowledgeAll();
    await heal();
    reportLate(lab, keys);
  },
};

function reportLate({ journal, report }: Lab, keys: Set<string>): void {
  const answeredMs = new Map<string, number>();
  const worst = new Map<string, number>();
  for (const entry of journal.entries) {
    if (entry.kind === 'published' && keys.has(entry.key)) answeredMs.set(entry.key, entry.atMs);
    if (entry.kind === 'receipt' && keys.has(entry.key)) worst.set(entry.key, entry.atMs);
  }
  for (const [key, atMs] of answeredMs) {
    const tookMs = (worst.get(key) ?? Number.POSITIVE_INFINITY) - atMs;
    if (tookMs > ARRIVES_WITHIN_MS) report(`late: ${key} took ${Math.round(tookMs)} ms to all healthy receivers`);
  }
}

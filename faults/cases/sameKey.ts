import { makeScene } from '../driver/scene';
import type { FaultCase } from '../lab';

const CONNECTIONS = 50;
const KEYS = { short: 5, full: 40 };

export const sameKey: FaultCase = {
  name: 'same-key',
  what: 'one Idempotency-Key from 50 connections at once, and again when its delivery is done',
  // No fault: no repeat is excused.
  limits: { maxRepeats: 0, maxUncertain: 0 },
  async run(lab) {
    const { producer, short } = lab;
    const { target } = await makeScene(lab);
    const keys = Array.from({ length: short ? KEYS.short : KEYS.full }, () => producer.nextKey());
    const fromAll = (key: string) =>
      Promise.all(Array.from({ length: CONNECTIONS }, (_, via) => producer.publish(target, { key, via })));
    for (const key of keys) await fromAll(key);
    await lab.becomesQuiet();
    for (const key of keys) await fromAll(key);
  },
};

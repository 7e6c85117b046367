import { asked } from '../../neighbours/ask';
import { whileLocked } from '../../neighbours/lockRow';
import { insertDeliveries, subscribeAttacker } from '../../neighbours/subscriptions';
import { besideAttack } from './forms';

const LOCKED_ROUND_MS = 4000;
const PUBLISHES = { atOnce: 4, perSecond: 4 };

export const lockedLane = besideAttack({
  name: 'beside-locked-lane',
  what: "an ordered lane's row is locked for as long as its subscriber's events come in",
  async attack(lab, attacker) {
    const callbackUrl = await attacker.receives({});
    const { topic } = attacker;
    const { id } = await subscribeAttacker(lab, attacker, { topic, callbackUrl, ordered: true });
    const publishes = attacker.floods(lab, { calls: [attacker.publishOf({ topic })], ...PUBLISHES });
    const select = 'SELECT FROM lanes WHERE subscription_id = $1 FOR UPDATE';
    return { begin: whileLocked(lab, { select, id }, publishes), roundMs: LOCKED_ROUND_MS };
  },
});

const REPLAYED = { short: 150_000, full: 300_000 };
const ACTIVATIONS_AT_ONCE = 2;
/** The lane is looked through from its beginning for what was accepted in the last second: nearly nothing. */
const SINCE_AGO_MS = 1000;

export const replayedLane = besideAttack({
  name: 'beside-replay',
  what: 'activate with `since`, again and again, of an ordered lane with 300,000 deliveries, while its events come in',
  async attack(lab, attacker) {
    const callbackUrl = await attacker.receives({});
    const { topic } = attacker;
    const subscription = await subscribeAttacker(lab, attacker, { topic, callbackUrl, ordered: true });
    const count = lab.short ? REPLAYED.short : REPLAYED.full;
    await insertDeliveries(lab, attacker, { ...subscription, count, state: 'delivered' });
    const list = attacker.callOf('GET', '/v1/lanes');
    const [lane] = (await asked<{ data: { id: string }[] }>(lab, list)).data;
    const publishes = attacker.floods(lab, { calls: [attacker.publishOf({ topic })], ...PUBLISHES });
    const begin = async () => {
      const since = new Date(Date.now() - SINCE_AGO_MS).toISOString();
      const calls = [attacker.callOf('POST', `/v1/lanes/${lane?.id}/activate`, { since })];
      const activates = attacker.floods(lab, { calls, atOnce: ACTIVATIONS_AT_ONCE });
      const ends = [await publishes(), await activates()];
      return async () => void (await Promise.all(ends.map((end) => end())));
    };
    return { begin };
  },
});

import { setTimeout as sleep } from 'node:timers/promises';
import { BESIDE } from '../../driver/receiver';
import { makeMany, subscribeAttacker } from '../../neighbours/subscriptions';
import { besideAttack } from './forms';

const PINGS_AT_ONCE = 300;

export const heldPings = besideAttack({
  name: 'beside-held-pings',
  what: "300 test calls at once to a path of the victim's host that never answers",
  async attack(lab, attacker) {
    const path = `${BESIDE}ping`;
    lab.receiver.on(path, () => ({ status: 'hang' }));
    const ping = { callback_url: lab.receiver.urlOf(path), data: { a: 1 } };
    const calls = [attacker.callOf('POST', '/api/v3/event/subscribe/ping', ping)];
    const begin = attacker.floods(lab, { calls, atOnce: PINGS_AT_ONCE });
    return { begin };
  },
});

const SUBSCRIPTIONS = 4;
const MAX_IN_FLIGHT = 100;
const EVENTS = 150;
const TIMEOUT_MS = 4000;
/** What is left of the round's calls has timed out when the next round begins. */
const OVER_AFTER_MS = TIMEOUT_MS + 1000;

export const hangingHost = besideAttack({
  name: 'beside-hanging-host',
  what: "4 subscriptions with 100 calls in flight each at a path of the victim's host that never answers",
  async attack(lab, attacker) {
    const { topic } = attacker;
    for (let index = 0; index < SUBSCRIPTIONS; index++) {
      lab.receiver.on(`${BESIDE}${index}`, () => ({ status: 'hang' }));
    }
    const settings = { topic, maxInFlight: MAX_IN_FLIGHT, timeoutMs: TIMEOUT_MS };
    const begin = async () => {
      const subscriptions = await makeMany(SUBSCRIPTIONS, (index) =>
        subscribeAttacker(lab, attacker, { ...settings, callbackUrl: lab.receiver.urlOf(`${BESIDE}${index}`) }),
      );
      const end = await attacker.floods(lab, {
        calls: [attacker.publishOf({ topic })],
        atOnce: 10,
        perSecond: EVENTS,
      })();
      return async () => {
        await end();
        for (const { id } of subscriptions) await lab.operator.call('DELETE', `/v1/subscriptions/${id}`);
        await sleep(OVER_AFTER_MS);
      };
    };
    return { begin };
  },
});

import { lockRow } from '../../neighbours/lockRow';
import { subscribeAttacker } from '../../neighbours/subscriptions';
import { besideAttack } from './forms';

const CHANGES_AT_ONCE = 60;

export const lockedRow = besideAttack({
  name: 'beside-locked-row',
  what: '60 changes of one subscription at once, while somebody else holds its row',
  async attack(lab, attacker) {
    const { topic } = attacker;
    const { id } = await subscribeAttacker(lab, attacker, { topic, callbackUrl: await attacker.receives({}) });
    const calls = [attacker.callOf('PATCH', `/v1/subscriptions/${id}`, { description: 'changed' })];
    const changes = attacker.floods(lab, { calls, atOnce: CHANGES_AT_ONCE });
    const begin = async () => {
      const unlock = await lockRow(lab, 'SELECT FROM subscriptions WHERE id = $1 FOR UPDATE', id);
      const end = await changes();
      return async () => {
        await unlock();
        await end();
      };
    };
    return { begin };
  },
});

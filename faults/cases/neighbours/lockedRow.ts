import { whileLocked } from '../../neighbours/lockRow';
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
    const select = 'SELECT FROM subscriptions WHERE id = $1 FOR UPDATE';
    return { begin: whileLocked(lab, { select, id }, changes) };
  },
});

import { withAttacker } from '../../neighbours/attacker';
import { besideAttacker } from '../../neighbours/rounds';
import { subscribeAttacker } from '../../neighbours/subscriptions';
import { makeVictim } from '../../neighbours/victim';
import { inBothForms } from './forms';

const CHANGES_AT_ONCE = 60;

export const lockedRow = inBothForms({
  name: 'beside-locked-row',
  isLong: true,
  what: '60 changes of one subscription at once, while somebody else holds its row',
  async run(lab) {
    const victim = await makeVictim(lab);
    await withAttacker(lab, async (attacker) => {
      const topic = `${lab.journal.name}-attacker`;
      const { id } = await subscribeAttacker(lab, attacker, { topic, callbackUrl: await attacker.receives({}) });
      const calls = [attacker.callOf('PATCH', `/v1/subscriptions/${id}`, { description: 'changed' })];
      const changes = attacker.floods(lab, { calls, atOnce: CHANGES_AT_ONCE });
      const begin = async () => {
        const client = await lab.stack.postgres.connect();
        await client.query('BEGIN');
        await client.query('SELECT FROM subscriptions WHERE id = $1 FOR UPDATE', [id]);
        const end = await changes();
        return async () => {
          await client.end();
          await end();
        };
      };
      await besideAttacker(lab, { victim, begin });
    });
  },
});

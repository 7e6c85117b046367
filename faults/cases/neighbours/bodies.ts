import { withAttacker } from '../../neighbours/attacker';
import { besideAttacker } from '../../neighbours/rounds';
import { makeVictim } from '../../neighbours/victim';
import { inBothForms } from './forms';

const ELEMENTS = 500_000;
const CALLS_PER_SECOND = 11;
const AT_ONCE = 22;

export const largeBodies = inBothForms({
  name: 'beside-large-bodies',
  what: 'one key sends bodies of 1 MB, an array of 500,000 numbers where 50 may stand, 11 times a second',
  async run(lab) {
    const victim = await makeVictim(lab);
    await withAttacker(lab, async (attacker) => {
      const body = `{"topics":["a"],"callbackUrl":"http://127.0.0.1:1/","retry":[${Array(ELEMENTS).fill(0).join()}]}`;
      const calls = [attacker.callOf('POST', '/v1/subscriptions', body)];
      const begin = attacker.floods(lab, { calls, atOnce: AT_ONCE, perSecond: CALLS_PER_SECOND });
      await besideAttacker(lab, { victim, begin });
    });
  },
});

import { withAttacker } from '../../neighbours/attacker';
import { besideAttacker } from '../../neighbours/rounds';
import { makeVictim } from '../../neighbours/victim';
import { inBothForms } from './forms';

/** Loopback is one network of 16 million addresses: this one is nobody else's. */
const NAME_SERVER = '127.0.0.99';
const SILENT = 'silent.test';
const LOOK_UPS_AT_ONCE = 40;

export const silentNames = inBothForms({
  name: 'beside-silent-names',
  isLong: true,
  what: 'connectivity tests, 40 at once, of names whose server never answers; the victim is called by name',
  nameServer: NAME_SERVER,
  async run(lab) {
    await withAttacker(lab, async (attacker) => {
      await attacker.child.call('answerNames', { address: NAME_SERVER, silentUnder: SILENT });
      const callbackUrl = `http://victim.test:${lab.receiver.port}/${lab.journal.name}/victim`;
      const victim = await makeVictim(lab, { callbackUrl });
      const calls = Array.from({ length: LOOK_UPS_AT_ONCE }, (_, index) =>
        attacker.callOf('POST', '/api/v3/event/subscribe/telnet', { callback_url: `http://n${index}.${SILENT}/` }),
      );
      const begin = attacker.floods(lab, { calls, atOnce: LOOK_UPS_AT_ONCE });
      await besideAttacker(lab, { victim, begin });
      // The victim's own name is answered by the attacker's process: that has to live until all has arrived.
      await lab.becomesQuiet();
    });
  },
});

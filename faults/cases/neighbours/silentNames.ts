import { makeVictim } from '../../neighbours/victim';
import { besideAttack } from './forms';

/** Loopback is one network of 16 million addresses: this one is nobody else's. */
const NAME_SERVER = '127.0.0.99';
const SILENT = 'silent.test';
const LOOK_UPS_AT_ONCE = 40;

export const silentNames = besideAttack({
  name: 'beside-silent-names',
  what: 'connectivity tests, 40 at once, of names whose server never answers; the victim is called by name',
  nameServer: NAME_SERVER,
  async victim(lab, attacker) {
    await attacker.child.call('answerNames', { address: NAME_SERVER, silentUnder: SILENT });
    return makeVictim(lab, { callbackUrl: `http://victim.test:${lab.receiver.port}/${lab.journal.name}/victim` });
  },
  async attack(lab, attacker) {
    const calls = Array.from({ length: LOOK_UPS_AT_ONCE }, (_, index) =>
      attacker.callOf('POST', '/api/v3/event/subscribe/telnet', { callback_url: `http://n${index}.${SILENT}/` }),
    );
    return {
      begin: attacker.floods(lab, { calls, atOnce: LOOK_UPS_AT_ONCE }),
      // The victim's own name is answered by the attacker's process: that has to live until all has arrived.
      judge: () => lab.becomesQuiet(),
    };
  },
});

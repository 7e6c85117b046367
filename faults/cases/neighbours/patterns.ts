import { createHash } from 'node:crypto';
import { subscribeCmdb } from '../../neighbours/cmdb';
import { makeCmdbVictim } from '../../neighbours/victim';
import { besideAttack } from './forms';

/** A program of 807 instructions, whose automaton has more states than are kept: seconds for a text of this length. */
const SLOW_PATTERN = '(?:a[ab]{200}){4}[cd]';
const TEXT_CHARS = 65_000;
const EVENTS_PER_SECOND = 3.5;
const ROUND_MS = { short: 5000, full: 15_000 };

/** Long enough that it is not matched on the spot. */
const CONFIRMED = `${'x'.repeat(16_000)} confirmed`;

/** The letters a and b, as good as at random. */
function text(): string {
  const bytes = Array.from({ length: TEXT_CHARS / 250 }, (_, index) =>
    createHash('sha256').update(`${index}`).digest(),
  );
  return [...Buffer.concat(bytes)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('')
    .slice(0, TEXT_CHARS)
    .replaceAll('0', 'a')
    .replaceAll('1', 'b');
}

export const slowPatterns = besideAttack({
  name: 'beside-slow-patterns',
  what: "a CMDB subscription whose pattern needs seconds for each answer of 65 kB; the victim's answers are matched too",
  victim: (lab) => makeCmdbVictim(lab, { pattern: 'confirmed$', answer: CONFIRMED }),
  async attack(lab, attacker) {
    const { topic } = attacker;
    const callbackUrl = await attacker.receives({ body: text() });
    await subscribeCmdb(lab, attacker, { name: 'slow', callbackUrl, pattern: SLOW_PATTERN, form: topic });
    const calls = [attacker.publishOf({ topic })];
    return {
      begin: attacker.floods(lab, { calls, atOnce: 4, perSecond: EVENTS_PER_SECOND }),
      roundMs: lab.short ? ROUND_MS.short : ROUND_MS.full,
      count: 2,
    };
  },
});

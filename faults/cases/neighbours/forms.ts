import type { FaultCase, Lab } from '../../lab';
import { type Attacker, withAttacker } from '../../neighbours/attacker';
import { besideAttacker, type Rounds } from '../../neighbours/rounds';
import { makeVictim, type Victim } from '../../neighbours/victim';

export interface BothForms {
  one: FaultCase;
  two: FaultCase;
}

/** A case of neighbours on one process, and on two. */
export function inBothForms(faultCase: Omit<FaultCase, 'form'>): BothForms {
  const { name, what } = faultCase;
  return {
    one: { ...faultCase, form: 'one' },
    two: { ...faultCase, name: `${name}-two`, what: `${what}; on two processes`, form: 'two' },
  };
}

/** The attack, when all that it needs is there. */
export interface Attack extends Omit<Rounds, 'victim'> {
  /** Judges more than what it did to the victim, after the last round. */
  judge?(): void | Promise<void>;
}

export interface BesideCase extends Omit<FaultCase, 'form' | 'isLong' | 'run'> {
  /** Default: one with a native subscription. */
  victim?(lab: Lab, attacker: Attacker): Promise<Victim>;
  attack(lab: Lab, attacker: Attacker): Promise<Attack>;
}

/** A case in which a victim is timed without an attacker and beside it. The short form's rounds are too few for CI to judge by. */
export function besideAttack({ victim = (lab) => makeVictim(lab), attack, ...faultCase }: BesideCase): BothForms {
  return inBothForms({
    ...faultCase,
    isLong: true,
    run: (lab) =>
      withAttacker(lab, async (attacker) => {
        const harmed = await victim(lab, attacker);
        const { judge, ...rounds } = await attack(lab, attacker);
        await besideAttacker(lab, { victim: harmed, ...rounds });
        await judge?.();
      }),
  });
}

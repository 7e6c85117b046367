import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { CASE_NAMES, CASES } from './cases';

export interface Options {
  only: readonly string[];
  short: boolean;
  seed: number;
  /** Events per second of the steady load. */
  rate: number;
  /** Journals and logs stay, also when every case has held. */
  keep: boolean;
  /** What is deployed over: a folder with a build, or a commit. */
  old: string | undefined;
}

export const USAGE = `npm run faults -- [options]

  --only a,b     some cases
  --short        the form for CI: fewer and smaller cases
  --seed N       chooses moments and victims as an earlier run did (default random)
  --rate N       events per second of the steady load (default 30)
  --keep         journals and logs stay, also when every case has held
  --old X        what \`deploy\` and \`upgrade\` deploy over: a folder with a build, or a commit
                 (default the last one before the workflows changed, and 04e261b)

The cases, those that --short leaves out in brackets:
${CASES.map(({ name, what, isLong }) => `  ${(isLong ? `[${name}]` : name).padEnd(22)} ${what}`).join('\n')}

With TEMPORAL_ADDRESS (and TEMPORAL_NAMESPACE) it uses that server, and leaves out what would hurt the server itself.
`;

/** @throws Error that says what is wrong with the arguments. */
export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: 'string' },
      short: { type: 'boolean', default: false },
      seed: { type: 'string' },
      rate: { type: 'string', default: '30' },
      keep: { type: 'boolean', default: false },
      old: { type: 'string' },
    },
  });
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  const rate = Number(values.rate);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 31) throw new Error('--seed must be a number below 2^31');
  if (!Number.isInteger(rate) || rate < 1 || rate > 500) throw new Error('--rate must be a number from 1 to 500');
  const only = values.only?.split(',') ?? [];
  const stranger = only.find((name) => !CASE_NAMES.includes(name));
  if (stranger !== undefined) throw new Error(`--only: ${stranger} is none of ${CASE_NAMES.join(', ')}`);
  return { only, short: values.short, keep: values.keep, old: values.old, seed, rate };
}

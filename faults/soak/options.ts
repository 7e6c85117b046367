import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export interface Options {
  minutes: number;
  /** Events per second of the steady load. */
  rate: number;
  seed: number;
  /** Journal and logs stay, also when all has held. */
  keep: boolean;
}

export const USAGE = `npm run soak -- [options]

  --minutes N    how long the load lasts (default 30; only those count, a shorter run is for trying it out)
  --rate N       events per second (default 16)
  --seed N       chooses faults, moments and victims as an earlier run did (default random)
  --keep         journal and logs stay, also when all has held

The samples are in .cache/soak-<seed>.csv.
`;

/** @throws Error that says what is wrong with the arguments. */
export function parseOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '30' },
      rate: { type: 'string', default: '16' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      keep: { type: 'boolean', default: false },
    },
  });
  const numbers = { minutes: Number(values.minutes), rate: Number(values.rate), seed: Number(values.seed) };
  requireWhole('minutes', { value: numbers.minutes, from: 1, to: 24 * 60 });
  requireWhole('rate', { value: numbers.rate, from: 1, to: 500 });
  requireWhole('seed', { value: numbers.seed, from: 0, to: 2 ** 31 - 1 });
  return { ...numbers, keep: values.keep };
}

function requireWhole(name: string, { value, from, to }: { value: number; from: number; to: number }): void {
  if (Number.isInteger(value) && value >= from && value <= to) return;
  throw new Error(`--${name} must be a whole number from ${from} to ${to}`);
}

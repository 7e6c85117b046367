import type { Options } from '../options';
import { type Results, sumOfFaults } from '../results';
import { RATE_LIMIT_PER_KEY } from '../stack/ownStack';
import type { Stack } from '../stack/stack';
import { isBehind } from './peers';
import type { Row } from './rows';

/** What a reader of the table must know. */
export function notesOf(input: { rows: Row[]; results: Results; options: Options; stack: Stack }): string[] {
  const { rows, results, options, stack } = input;
  return [
    `Medians of ${options.runs}, after a warm-up that is not counted. Times run from publish sent to callback received.`,
    options.running
      ? 'Against a running Postrider, as it is configured.'
      : `Every shipped default, but for RATE_LIMIT_PER_KEY=${RATE_LIMIT_PER_KEY}.`,
    stack.pids
      ? 'CPU: user and system, of all processes of the group, until they are quiet again; without driver and receiver.'
      : 'CPU is not measured: it takes Linux and, for a running Postrider, --pids.',
    ...(stack.temporal ? [] : ['T is not measured: it takes --temporal.']),
    ...faultNotes(results),
    ...rows
      .filter(({ limit }) => limit?.holds === false)
      .map((row) => `Does not hold: ${row.scenario}, ${row.figure}.`),
    ...rows
      .filter((row) => row.peer && isBehind(row.peer, row.median))
      .map((row) => `Behind a peer: ${row.scenario}, ${row.figure} (${row.peer?.text}).`),
  ];
}

function faultNotes(results: Results): string[] {
  const sum = sumOfFaults(results);
  const total = Object.values(sum).reduce((a, b) => a + b, 0);
  if (total === 0) return ['Nothing refused, missing, repeated or unfinished.'];
  const { refused, missing, repeated, unfinished } = sum;
  return [`NOT VALID: ${refused} refused, ${missing} missing, ${repeated} repeated, ${unfinished} unfinished.`];
}

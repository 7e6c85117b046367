import { MAX_LANE_RUNS } from '../measure';
import type { Options } from '../options';
import { type Results, sumOfFaults } from '../results';
import { RATE_LIMIT_PER_KEY } from '../stack/ownStack';
import type { Stack } from '../stack/stack';
import { isBehind } from './peers';
import type { Row } from './section';

/** What a reader of the table must know. */
export function notesOf(input: { rows: Row[]; results: Results; options: Options; stack: Stack }): string[] {
  const { rows, results, options, stack } = input;
  return [
    `Medians of ${options.runs}, after a warm-up that is not counted. Times run from publish sent to callback received.`,
    ...laneNotes({ results, options, stack }),
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

function laneNotes({ results, options, stack }: { results: Results; options: Options; stack: Stack }): string[] {
  const { ordered, release, many, deep } = results;
  const runs = [...ordered, ...release, ...many, ...deep];
  if (runs.length === 0) return [];
  const operations = [...new Set(runs.flatMap(({ calls }) => Object.keys(calls ?? {})))].sort();
  const notes = [
    `Lanes: medians of ${Math.min(options.runs, MAX_LANE_RUNS)} for ordered and release, one run of many and deep. ` +
      'ordered and release from the first release sent, many from the first publish sent.',
    stack.temporalMetrics
      ? `Calls to Temporal, counted by its frontend in our namespace, polls aside: ${operations.join(', ')}.`
      : 'Calls to Temporal are not counted: it takes --temporal-metrics.',
  ];
  for (const { laneState, waiting, turnedAway } of deep) {
    notes.push(
      `deep: when the receiver came back, its lane was ${laneState}, ${waiting} waited, ${turnedAway} calls had been ` +
        'answered 503; the lane was activated at once.',
    );
  }
  return notes;
}

function faultNotes(results: Results): string[] {
  const sum = sumOfFaults(results);
  const total = Object.values(sum).reduce((a, b) => a + b, 0);
  if (total === 0) return ['Nothing refused, missing, repeated, unfinished or disordered.'];
  const counts = Object.entries(sum).map(([fault, count]) => `${count} ${fault}`);
  return [`NOT VALID: ${counts.join(', ')}.`];
}

import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../src/embedded/processes';
import type { Lab } from '../../lab';
import { cmdbBody, subscribeCmdb } from '../../neighbours/cmdb';
import { makeOrphanage, type Orphanage } from '../../neighbours/orphan';
import { besideAttack } from './forms';

const NAMES = 1000;
const CALLS_PER_SECOND = 12;
const ROUND_MS = { short: 6000, full: 15_000 };
/** A round of reconcile that was under way has ended by then, and the next has begun. */
const ROUND_ENDS_WITHIN_MS = 35_000;
/** From the last call on. A cancellation covers what was accepted beside it, so it stays for some 20 s. */
const EMPTIED_WITHIN_MS = 60_000;

const namesOf = (letter: string) => Array.from({ length: NAMES }, (_, index) => `${letter}${index}`).join();

export const swappedNames = besideAttack({
  name: 'beside-swapped-names',
  what: "a CMDB subscription's 1,000 names are swapped 12 times a second; afterwards reconcile must find an orphan as before",
  async attack(lab, attacker) {
    const orphanage = await makeOrphanage(lab);
    const settings = { name: 'swapped', callbackUrl: await attacker.receives({}) };
    const { path } = await subscribeCmdb(lab, attacker, { ...settings, form: namesOf('a') });
    const calls = ['b', 'a'].map((letter) =>
      attacker.callOf('PUT', path, cmdbBody({ ...settings, form: namesOf(letter) })),
    );
    const before = await orphanage.recover();
    return {
      begin: attacker.floods(lab, { calls, atOnce: CALLS_PER_SECOND, perSecond: CALLS_PER_SECOND }),
      roundMs: lab.short ? ROUND_MS.short : ROUND_MS.full,
      count: 1,
      async judge() {
        const lastCallMs = performance.now();
        await judgeOrphan(lab, orphanage, before);
        await sleep(Math.max(0, ROUND_ENDS_WITHIN_MS - (performance.now() - lastCallMs)));
        await judgeRounds(lab);
        await judgeTable(lab, EMPTIED_WITHIN_MS - (performance.now() - lastCallMs));
      },
    };
  },
});

async function judgeOrphan({ figure, report }: Lab, orphanage: Orphanage, before: number | null): Promise<void> {
  const after = await orphanage.recover();
  const line = `orphan found again in ${inSeconds(before)} → ${inSeconds(after)}`;
  figure(line);
  if (after === null) report(`orphaned: ${line}`);
}

function inSeconds(ms: number | null): string {
  return ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`;
}

/** A round succeeds every ten seconds, unless its parts fail. */
async function judgeRounds({ stack, figure, report }: Lab): Promise<void> {
  const [row] = await stack.postgres.query<{ age_s: number }>(
    "SELECT extract(epoch FROM now() - succeeded_at)::float8 AS age_s FROM maintenance WHERE name = 'reconcile'",
  );
  const ageS = Number(row?.age_s);
  figure(`reconcile: the last round succeeded ${ageS.toFixed(1)} s ago (limit ${ROUND_ENDS_WITHIN_MS / 1000} s)`);
  if (!(ageS * 1000 <= ROUND_ENDS_WITHIN_MS)) report(`reconcile: no round has succeeded for ${ageS.toFixed(1)} s`);
}

async function judgeTable({ stack, figure, report }: Lab, withinMs: number): Promise<void> {
  const count = async () => {
    const [row] = await stack.postgres.query<{ count: string }>(
      'SELECT (SELECT count(*) FROM subscription_cancellations) + (SELECT count(*) FROM grant_cancellations) AS count',
    );
    return Number(row?.count);
  };
  const isEmpty = async () => (await count()) === 0;
  await waitFor({ condition: isEmpty, timeoutMs: Math.max(1000, withinMs), intervalMs: 500 });
  const left = await count();
  figure(`cancellations left after ${EMPTIED_WITHIN_MS / 1000} s: ${left} (limit 0)`);
  if (left > 0) report(`left behind: ${left} rows of cancellations`);
}

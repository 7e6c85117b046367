import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { check } from './checker/check';
import { readHistory } from './checker/history';
import { Operator } from './driver/operator';
import { Producer } from './driver/producer';
import type { Receiver } from './driver/receiver';
import { Journal } from './journal/journal';
import { type FaultCase, type Lab, NotRun } from './lab';
import { findDisagreements, waitUntilDelivered } from './quiet';
import { createRandom } from './random';
import type { CaseResult } from './report';
import type { OldBuild } from './stack/oldBuild';
import type { Stack } from './stack/stack';

const QUIET_WITHIN_MS = 180_000;

export interface Bench {
  stack: Stack;
  /** What its processes run now; null: the present code. */
  oldBuild: OldBuild | null;
  receiver: Receiver;
  runDir: string;
  seed: number;
  rate: number;
  short: boolean;
}

/** Hurts, heals, waits until all is quiet, judges. The journal and what is not as promised stay in `<runDir>/<case>`. */
export async function runCase(faultCase: FaultCase, bench: Bench): Promise<CaseResult> {
  const { name, limits, quietWithinMs = QUIET_WITHIN_MS } = faultCase;
  const { stack, oldBuild, receiver, runDir, seed, rate, short } = bench;
  const journal = await Journal.open({ name, path: join(runDir, name, 'journal.jsonl') });
  const urls = () =>
    stack.apis.map(({ links, url }) => (stack.form === 'split' ? `http://127.0.0.1:${links.front.port}` : url));
  const producer = new Producer({ journal, urls, name });
  const found: string[] = [];
  const figures: string[] = [];
  const lab: Lab = {
    stack,
    journal,
    receiver,
    producer,
    operator: new Operator({ urls: () => stack.apis.map(({ url }) => url), key: stack.operatorKey }),
    random: createRandom({ seed, stream: name }),
    short,
    rate,
    tenantIds: [],
    async becomesQuiet() {
      await waitUntilDelivered(stack, { tenantIds: lab.tenantIds, withinMs: quietWithinMs });
      await findDisagreements(stack, lab.tenantIds);
    },
    report: (violation) => found.push(violation),
    figure: (line) => figures.push(line),
    async beginFault(what, { stopsCallers } = {}) {
      await journal.append({ kind: 'fault', what, stopsCallers });
      return () => journal.append({ kind: 'healed', what });
    },
  };
  receiver.begin(journal);
  const beganMs = performance.now();
  let recoveredMs: number | null = null;
  try {
    await faultCase.run(lab);
    await stack.restore();
    recoveredMs = await waitUntilDelivered(stack, { tenantIds: lab.tenantIds, withinMs: quietWithinMs });
    if (recoveredMs === null) found.push(`not quiet after ${quietWithinMs} ms`);
    found.push(...(await findDisagreements(stack, lab.tenantIds)));
  } catch (error) {
    if (error instanceof NotRun) return { name, kind: 'notRun', why: error.message };
    found.push(`the case itself failed: ${error instanceof Error ? error.stack : error}`);
  } finally {
    for (const { deaths } of stack.processes) found.push(...deaths.splice(0));
    receiver.begin(null);
    await producer.close();
    await journal.close();
  }
  const verdict = check(readHistory(journal.entries), limits);
  verdict.violations.push(...found);
  await writeFile(join(runDir, name, 'violations.txt'), verdict.violations.map((line) => `${line}\n`).join(''));
  return {
    name,
    kind: 'judged',
    verdict,
    figures,
    from: oldBuild?.what,
    recoveredMs,
    tookMs: performance.now() - beganMs,
  };
}

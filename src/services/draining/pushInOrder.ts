import { failHead } from '../../db/carrying/failHead';
import { holdLane, type LaneHold, releaseLane } from '../../db/carrying/holdLane';
import { type InLine, nextInLine } from '../../db/carrying/nextInLine';
import { recordPushed } from '../../db/carrying/recordPushed';
import { makeCopies } from '../../db/carrying/replays';
import { restOrderedLane } from '../../db/carrying/restOrderedLane';
import type { Database } from '../../db/database';
import type { Attempted } from '../attempts/attempt';
import type { AttemptRunner } from '../attempts/attemptRunner';
import { now } from '../instant';
import type { SteeringWatch } from '../steering/steeringWatch';
import type { Drain, Stretch } from './drain';
import type { LaneNews } from './laneNews';
import { Ledger } from './ledger';
import { lookAtLane, waitStep } from './lookAtLane';

/** A stretch this long ends, so that a workflow's history shows that it moves. */
const STRETCH_MS = 60_000;
/** How long an empty lane is kept awake, in looks for what other processes accept: the next event needs no workflow then. */
const LINGER_MS = [100, 200, 700];
/** What finds no room among its subscription's attempts under way gives its worker's slot to others. */
const ENTER_WITHIN_MS = 2000;
/** It tries again after so long, and up to as much again: of many such lanes not all at the same time. */
const TRY_AGAIN_MS = 5000;
/** By then it looks again, whatever its receiver asked for: its row allows for a minute. */
const MAX_PACE_WAIT_MS = 30_000;

export interface PushInOrderOptions {
  db: Database;
  runner: AttemptRunner;
  news: LaneNews;
  steering: Pick<SteeringWatch, 'now'>;
  /** Milliseconds until the pace of the subscription's receiver lets its next call begin. */
  paceWaitMs(subscriptionId: string): number;
  onPushed(deliveries: number): void;
  onWriteError(error: unknown, subscriptionId: string): void;
}

/** Empties an ordered lane: one attempt at a time, in the order of its numbers, up to the first failure. */
export function createPushInOrder(options: PushInOrderOptions): Drain {
  const { db, runner, news, steering, paceWaitMs, onPushed, onWriteError } = options;
  return async (stretch) => {
    const { lane } = stretch;
    const heldSince = now();
    const hold = await holdLane(db, lane);
    if (!hold) return lookAtLane(db, lane);
    const ledger = new Ledger({
      heldSince,
      async write(pushed) {
        const isHeld = await recordPushed(db, hold, pushed);
        onPushed(pushed.length);
        return isHeld;
      },
      onWriteError: (error) => onWriteError(error, lane.subscriptionId),
    });
    let end: End;
    try {
      end = await push({ db, runner, news, steering, stretch, hold, ledger });
    } finally {
      await ledger.flush();
      await releaseLane(db, hold);
    }
    if (end === 'asleep') return { next: 'end' };
    if (end === 'crowded') {
      const forPaceMs = Math.min(MAX_PACE_WAIT_MS, paceWaitMs(lane.subscriptionId));
      return waitStep(db, { lane, waitMs: Math.max(forPaceMs, TRY_AGAIN_MS * (1 + Math.random())) });
    }
    return end === 'turn' ? { next: 'drain' } : lookAtLane(db, lane);
  };
}

/** `turn`: there is more to do, in another stretch. `crowded`: no room for an attempt. `standing`: its head failed. */
type End = 'asleep' | 'turn' | 'crowded' | 'standing';

interface Line {
  /** The number of the last act of steering before it was read. */
  seen: number;
  line: InLine[];
}

interface Pushing extends Pick<PushInOrderOptions, 'db' | 'runner' | 'news' | 'steering'> {
  stretch: Stretch;
  hold: LaneHold;
  ledger: Ledger;
}

async function push({ db, runner, news, steering, stretch, hold, ledger }: Pushing): Promise<End> {
  const { lane } = stretch;
  const startedAt = performance.now();
  let isReplaying: boolean | null = hold.isReplaying;
  let after = 0;
  let ahead: Promise<Line> | null = null;
  let lookedInVain = 0;

  async function read(from: number): Promise<Line> {
    const seen = steering.now();
    return { seen, line: await nextInLine(db, hold, from) };
  }

  for (;;) {
    const { seen, line }: Line = await (ahead ?? read(after));
    ahead = null;
    const last = line.at(-1);
    if (!last) {
      if (isReplaying) {
        isReplaying = await makeCopies(db, hold);
        if (isReplaying === null) return 'turn';
        continue;
      }
      if (!(await ledger.flush())) return 'turn';
      const lingerMs = stretch.isStopped() ? undefined : LINGER_MS[lookedInVain++];
      if (lingerMs !== undefined) {
        await news.wait(lane, lingerMs);
        continue;
      }
      const rest = await restOrderedLane(db, hold);
      if (rest !== 'busy') return rest === 'asleep' ? 'asleep' : 'turn';
      continue;
    }
    lookedInVain = 0;
    if (line.length > 1) {
      ahead = read(last.number);
      // Perhaps nobody comes for it any more.
      ahead.catch(() => undefined);
    }
    for (const { number, delivery } of line) {
      if (stretch.isStopped() || performance.now() - startedAt > STRETCH_MS || !(await ledger.mayPush())) return 'turn';
      const attempted = await runner.attemptUnrecorded(delivery, { seen, enterWithinMs: ENTER_WITHIN_MS });
      if (!attempted) return 'crowded';
      if (attempted === 'steered') return 'turn';
      if (attempted.verdict.state !== 'delivered') {
        // Also when the lane was lost meanwhile: the attempt is on record, and counts only for who holds it.
        await ledger.flush();
        return (await fail(db, { hold, attempted })) ? 'standing' : 'turn';
      }
      ledger.add(toEntry(attempted));
      after = number;
    }
  }
}

function toEntry({ delivery, result }: Attempted) {
  const { deliveryId } = delivery;
  const { durationMs, undecidedMs, statusCode, responseExcerpt } = result;
  return {
    deliveryId,
    startedAtMs: performance.now() - durationMs - undecidedMs,
    durationMs,
    statusCode,
    responseExcerpt,
  };
}

/** The head stays where it is: its lane waits for its next attempt or, its policy used up or gone, stops. @returns whether it counted. */
function fail(db: Database, { hold, attempted }: { hold: LaneHold; attempted: Attempted }): Promise<boolean> {
  const { delivery, result, verdict } = attempted;
  const { deliveryId } = delivery;
  const { durationMs, undecidedMs, statusCode, fault, error, responseExcerpt } = result;
  return failHead(db, hold, {
    ...{ deliveryId, durationMs, startedAgoMs: durationMs + undecidedMs, statusCode, fault, error, responseExcerpt },
    next:
      verdict.state === 'failed'
        ? { state: 'stopped', reason: verdict.reason }
        : { state: 'retrying', waitMs: verdict.state === 'pending' ? verdict.waitMs : 0 },
  });
}

import type { Knex } from 'knex';
import type { LaneState } from '../../contracts/states';
import { audit } from '../audit';
import { recordSteering, type Steer, type SteeringTransaction } from '../steerings';
import { waitsInLineOf } from './behindLane';
import { findReplayStarts, openReplays } from './replays';

/** A lane as its workflow is named. */
export interface LaneRef {
  subscriptionId: string;
  topic: string;
}

interface LaneRow {
  id: string;
  subscription_id: string;
  topic: string;
  state: LaneState;
  resume_state: LaneState | null;
  awake: boolean;
  held: boolean;
}

/** Locked in id order, as everywhere. `held`: an attempt is under way, or may be. */
async function lockLanes(trx: Knex.Transaction, laneIds: string[]): Promise<LaneRow[]> {
  const { rows } = await trx.raw<{ rows: LaneRow[] }>(
    `SELECT id, subscription_id, topic, state, resume_state, awake, coalesce(held_until > now(), false) AS held
     FROM lanes WHERE id = ANY(?::uuid[]) ORDER BY id FOR UPDATE`,
    [laneIds],
  );
  return rows;
}

const toRef = ({ subscription_id: subscriptionId, topic }: LaneRow): LaneRef => ({ subscriptionId, topic });
const toSteered = ({ subscription_id: subscriptionId }: LaneRow) => ({ subscriptionId });
const idsOf = (lanes: LaneRow[]) => lanes.map(({ id }) => id);

/** One record for all that an act changed: they are of one subscription. */
async function auditLanes(
  trx: Knex.Transaction,
  lanes: LaneRow[],
  change: { is: string; since?: string },
): Promise<void> {
  const [first] = lanes;
  if (!first) return;
  const of = { subscriptionId: first.subscription_id };
  if (lanes.length === 1)
    await audit(trx, { object: 'lane', id: first.id, of, change: { ...change, topic: first.topic } });
  else {
    const topics = lanes.map(({ topic }) => topic);
    await audit(trx, { object: 'subscription', id: of.subscriptionId, of, change: { ...change, topics } });
  }
}

/** The workflow of a lane that nothing waits in is not open, and need not be: the next accept asks for it. */
async function letRun(trx: SteeringTransaction, lanes: LaneRow[]): Promise<void> {
  recordSteering(trx, ...lanes.map(toSteered));
  await trx('lanes')
    .whereIn('id', idsOf(lanes))
    .update({
      state: trx.raw("CASE WHEN awake THEN 'running' ELSE 'idle' END"),
      reason: null,
      since: trx.fn.now(),
      next_attempt_at: null,
      due_by: trx.raw("CASE WHEN awake THEN now() + interval '1 minute' END"),
      epoch: trx.raw('epoch + 1'),
    });
}

/**
 * What is held for its history may go out. Twice is once; a lane that does not wait for its history stays as it is.
 *
 * @returns the lanes whose workflows have to be told.
 */
export async function processHistory(steer: Steer, laneIds: string[]): Promise<LaneRef[]> {
  return steer(async (trx) => {
    const lanes = await lockLanes(trx, laneIds);
    const paused = lanes.filter((lane) => lane.resume_state === 'awaiting_history');
    const waiting = lanes.filter((lane) => lane.state === 'awaiting_history');
    await trx('lanes').whereIn('id', idsOf(paused)).update({ resume_state: null });
    await auditLanes(trx, [...paused, ...waiting], { is: 'history processed' });
    await letRun(trx, waiting);
    return waiting.filter(({ awake }) => awake).map(toRef);
  });
}

/**
 * Goes on at once, from the failed delivery on: a stopped lane, whose policy starts over, and one between two attempts;
 * a sick one is probed. While an attempt is under way it changes nothing. `since`: what was accepted since then and is
 * not pending is pushed again, before anything newer.
 *
 * @returns the lanes whose workflows have to be told.
 */
export async function activateLanes(
  knex: Knex,
  steer: Steer,
  { laneIds, since }: { laneIds: string[]; since: Date | null },
): Promise<LaneRef[]> {
  // Before the locks: whoever publishes to these lanes waits for those.
  const starts = since ? await findReplayStarts(knex, { laneIds, since }) : [];
  return steer(async (trx) => {
    const lanes = await lockLanes(trx, laneIds);
    const stopped = lanes.filter((lane) => lane.state === 'stopped' || lane.resume_state === 'stopped');
    const resting = lanes.filter((lane) => lane.state === 'retrying' && !lane.held);
    const sick = lanes.filter((lane) => lane.state === 'sick');
    const paused = stopped.filter(({ state }) => state === 'paused');
    const running = [...stopped.filter(({ state }) => state === 'stopped'), ...resting];
    // Before the lanes: the schedule of a lane's head is in its row.
    await freeHeads(trx, { lanes: stopped, startsOver: true });
    await freeHeads(trx, { lanes: resting, startsOver: false });
    await trx('lanes').whereIn('id', idsOf(paused)).update({ resume_state: null, reason: 'paused' });
    await letRun(trx, running);
    await trx('lanes')
      .whereIn('id', idsOf(sick))
      .update({ next_attempt_at: trx.fn.now(), due_by: trx.raw("now() + interval '1 minute'") });
    const ordered = idsOf(lanes.filter(({ topic }) => topic !== ''));
    const replayed = new Set(since ? await openReplays(trx, { laneIds: ordered, starts, since }) : []);
    const replaying = lanes.filter(({ id }) => replayed.has(id));
    // Who pushes such a lane has perhaps read what is newer than the copies, which come first.
    recordSteering(trx, ...replaying.map(toSteered));
    const changed = new Set([...running, ...paused, ...sick, ...replaying]);
    await auditLanes(trx, [...changed], { is: 'activated', since: since?.toISOString() });
    return [...running, ...sick, ...replaying].map(toRef);
  });
}

/** The first in each line is due now. `startsOver`: with its whole policy before it. */
async function freeHeads(
  trx: Knex.Transaction,
  { lanes, startsOver }: { lanes: LaneRow[]; startsOver: boolean },
): Promise<void> {
  await trx.raw(
    `UPDATE deliveries SET next_attempt_at = NULL, failures = CASE WHEN ? THEN 0 ELSE failures END
     WHERE (id, day) IN (
       SELECT head.id, head.day FROM lanes l CROSS JOIN LATERAL (
         SELECT d.id, d.day FROM deliveries d
         WHERE ${waitsInLineOf('l.subscription_id', 'l.topic')}
         ORDER BY d.lane_number LIMIT 1
       ) head
       WHERE l.id = ANY(?::uuid[]))`,
    [startsOver, idsOf(lanes)],
  );
}

/**
 * Nothing more goes out of an ordered lane until it is activated. An attempt under way still ends.
 *
 * @returns the lane whose workflow has to be told; null when it is stopped already; `refused` for one that waits for its
 * history, and for the lane of a subscription that is not ordered.
 */
export async function stopLane(steer: Steer, laneId: string): Promise<LaneRef | null | 'refused'> {
  return steer(async (trx) => {
    const [lane] = await lockLanes(trx, [laneId]);
    if (!lane) return null;
    const state = lane.state === 'paused' ? (lane.resume_state ?? 'running') : lane.state;
    if (lane.topic === '' || state === 'awaiting_history') return 'refused';
    if (state === 'stopped') return null;
    const isPaused = lane.state === 'paused';
    recordSteering(trx, toSteered(lane));
    await auditLanes(trx, [lane], { is: 'stopped' });
    await trx('lanes')
      .where({ id: laneId })
      .update({
        epoch: trx.raw('epoch + 1'),
        ...(isPaused
          ? { resume_state: 'stopped', reason: 'stopped_by_hand' }
          : { state: 'stopped', reason: 'stopped_by_hand', since: trx.fn.now(), next_attempt_at: null }),
      });
    return lane.awake && !isPaused ? toRef(lane) : null;
  });
}

/** @returns null when the topic was dropped, or the subscription deleted. */
export async function findLaneId(knex: Knex, { subscriptionId, topic }: LaneRef): Promise<string | null> {
  const row = await knex('lanes').where({ subscription_id: subscriptionId, topic }).first<{ id: string }>('id');
  return row?.id ?? null;
}

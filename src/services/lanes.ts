import type { Knex } from 'knex';
import type { LaneState } from '../contracts/states';
import { findLane, type Lane, listLanes } from '../db/laneReads';
import { inTurn, subscriptionRow } from '../db/rowTurns';
import type { Scope } from '../domain/scope';
import type { Commands } from './commands';
import { Conflict, notFound } from './errors';
import { type Page, type PageRequest, readPage } from './page';
import { requireKept } from './requireKept';

/** A lane as a path names it, and what the caller sees. */
export interface LaneTarget {
  id: string;
  scope: Scope;
}

/** Whoever is in scope of a lane may steer it, and gets it as it stands then; one not there or out of scope is Refusal 404. */
export interface Lanes {
  read(target: LaneTarget): Promise<Lane>;
  list(scope: Scope, filter: { state?: LaneState }, page: PageRequest): Promise<Page<Lane>>;
  /**
   * @throws Refusal 400 for a `since` before all that is kept; 409 for `since` with a lane that is not ordered: what went out
   * without an order has no place in a line.
   */
  activate(target: LaneTarget, options: { since?: Date }): Promise<Lane>;
  /** @throws Refusal 409 for one that is not ordered, or waits for its history. */
  stop(target: LaneTarget): Promise<Lane>;
  processHistory(target: LaneTarget): Promise<Lane>;
}

export function createLanes({
  db,
  commands,
  retentionDays,
}: {
  db: Knex;
  commands: Pick<Commands, 'activateLanes' | 'stopLane' | 'processHistory'>;
  retentionDays: number;
}): Lanes {
  async function read(target: LaneTarget): Promise<Lane> {
    const lane = await findLane(db, target);
    if (!lane) throw notFound('lane');
    return lane;
  }

  async function steer(
    target: LaneTarget,
    command: (id: string) => Promise<void>,
    require?: (lane: Lane) => void,
  ): Promise<Lane> {
    const lane = await read(target);
    require?.(lane);
    const { id, subscriptionId } = lane;
    await inTurn(db, [subscriptionRow(subscriptionId)], () => command(id));
    return read(target);
  }

  function requireReplayable({ topic }: Lane, { since }: { since?: Date }): void {
    if (since === undefined) return;
    if (topic === '') {
      const message = 'only an ordered lane delivers again since a moment; of this one, retry single deliveries';
      throw new Conflict('lane_not_ordered', message, 'since');
    }
    requireKept(since, { retentionDays });
  }

  return {
    read,
    list: (scope, filter, page) =>
      readPage(
        page,
        (request) => listLanes(db, { scope, ...filter, ...request }),
        ({ id }) => id,
      ),
    activate(target, { since }) {
      return steer(
        target,
        (id) => commands.activateLanes([id], { since, read: (trx) => findLane(trx, target) }),
        (lane) => requireReplayable(lane, { since }),
      );
    },
    stop: (target) => steer(target, (id) => commands.stopLane(id)),
    processHistory: (target) => steer(target, (id) => commands.processHistory([id])),
  };
}

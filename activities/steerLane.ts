import type { LaneCommand, LaneInput } from '../src/contracts/carrying';
import { type Actor, asActor } from '../src/db/actor';
import { findLaneId, type LaneRef } from '../src/db/carrying/steerLanes';
import type { Database } from '../src/db/database';
import type { Commands } from '../src/services/commands';
import { Refusal } from '../src/services/errors';
import { temporalActor } from './temporalActor';

export interface SteerLaneDeps {
  db: Database;
  commands: Pick<Commands, 'processHistory' | 'activateLanes' | 'stopLane'>;
  onAudited: Actor['onAudited'];
}

/** What an operator signals to a lane's workflow, committed as if asked for over the API. Local activity. */
export function createSteerLane({ db, commands, onAudited }: SteerLaneDeps) {
  async function steer(lane: LaneRef, command: LaneCommand): Promise<void> {
    const laneId = await findLaneId(db.knex, lane);
    if (laneId === null) return;
    if (command === 'historyProcessed') return commands.processHistory([laneId]);
    if (command === 'activate') return commands.activateLanes([laneId]);
    await commands.stopLane(laneId).catch((error: unknown) => {
      // The UI has no answer to show; the page goes on saying how the lane stands.
      if (!(error instanceof Refusal)) throw error;
    });
  }

  return async function steerLane({
    subscriptionId,
    topic,
    command,
  }: LaneInput & { command: LaneCommand }): Promise<void> {
    await asActor(temporalActor(command, onAudited), () => steer({ subscriptionId, topic }, command));
  };
}

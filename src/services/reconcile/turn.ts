import type { Database } from '../../db/database';
import type { AttemptTarget } from '../attempts/attempt';
import type { Workflows } from '../carriers/port';
import type { LaneWaker } from '../laneWaker';

export interface ReconcileOptions {
  db: Database;
  workflows: Workflows;
  lanes: LaneWaker;
  target(subscriptionId: string, version?: number): Promise<AttemptTarget>;
  /** Called after each statement and each call: a round of thousands is alive as long as it moves. */
  onProgress(): void;
  /** One that could not be carried on; the others are. */
  onFault(error: unknown): void;
  /** Ends the round after the statement or the calls under way. */
  signal: AbortSignal;
}

/** What a round found and did. */
export interface ReconcileResult {
  postponed: number;
  takenOver: number;
  lanesWoken: number;
}

/** A part's turn in a round. */
export interface Turn extends ReconcileOptions {
  result: ReconcileResult;
  /** False when its time is over. */
  mayGoOn(): boolean;
}

/** A part of a round. @returns whether it has more to do. @throws when it could not be done, and then the round has failed. */
export type Part = (turn: Turn) => Promise<boolean>;

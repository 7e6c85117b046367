import type { FanOut } from '../src/services/fanOut';
import { type AttemptDeps, createAttempt } from './attempt';
import { createCancel } from './cancel';
import { type CarryConsignmentDeps, createCarryConsignment } from './carryConsignment';
import { createDrainLane, type DrainLaneDeps } from './drainLane';
import { createFanOutPages } from './fanOutPages';
import { createIsAnythingOverdue } from './isAnythingOverdue';
import { createReconcile, type ReconcileDeps } from './reconcile';
import { createRetention, type RetentionDeps } from './retention';
import { createSteerLane, type SteerLaneDeps } from './steerLane';

export type ActivityDeps = AttemptDeps &
  CarryConsignmentDeps &
  DrainLaneDeps & { fanOut: FanOut } & ReconcileDeps &
  RetentionDeps &
  SteerLaneDeps;

/** Activities are idempotent, and throw only for faults of ours: what a receiver does is a result. */
export function createActivities(deps: ActivityDeps) {
  return {
    attempt: createAttempt(deps),
    cancel: createCancel(deps),
    carryConsignment: createCarryConsignment(deps),
    drainLane: createDrainLane(deps),
    fanOutPages: createFanOutPages(deps),
    isAnythingOverdue: createIsAnythingOverdue(deps),
    reconcile: createReconcile(deps),
    retention: createRetention(deps),
    steerLane: createSteerLane(deps),
  };
}

export type Activities = ReturnType<typeof createActivities>;

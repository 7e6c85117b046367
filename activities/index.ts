import type { LaneInput } from '../src/contracts/carrying';
import { asShare } from '../src/db/connectionShare';
import type { FanOut } from '../src/services/fanOut';
import type { SafetyNets } from '../src/services/rounds/safetyNets';
import { type AttemptDeps, createAttempt } from './attempt';
import { createCancel } from './cancel';
import { type CarryConsignmentDeps, createCarryConsignment } from './carryConsignment';
import { createDrainLane, type DrainLaneDeps } from './drainLane';
import { createFanOutPages } from './fanOutPages';
import { createIsAnythingOverdue } from './isAnythingOverdue';
import { createReconcile } from './reconcile';
import { createRetention } from './retention';
import { createSteerLane, type SteerLaneDeps } from './steerLane';

export type ActivityDeps = AttemptDeps &
  CarryConsignmentDeps &
  DrainLaneDeps & { fanOut: FanOut; safetyNets: SafetyNets } & SteerLaneDeps;

/** Activities are idempotent, and throw only for faults of ours: what a receiver does is a result. */
export function createActivities(deps: ActivityDeps) {
  return {
    attempt: createAttempt(deps),
    cancel: createCancel(deps),
    carryConsignment: createCarryConsignment(deps),
    drainLane: asLane(createDrainLane(deps)),
    fanOutPages: createFanOutPages(deps),
    isAnythingOverdue: createIsAnythingOverdue(deps),
    reconcile: createReconcile(deps),
    retention: createRetention(deps),
    steerLane: asLane(createSteerLane(deps)),
  };
}

/** The connections that a lane's work takes count for its tenant. */
function asLane<Input extends LaneInput, Result>(activity: (input: Input) => Promise<Result>) {
  return (input: Input): Promise<Result> =>
    asShare({ tenantId: input.subject.tenantId, flow: input.subscriptionId }, () => activity(input));
}

export type Activities = ReturnType<typeof createActivities>;

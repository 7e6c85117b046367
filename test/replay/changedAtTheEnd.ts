import { CancellationScope, sleep } from '@temporalio/workflow';
import * as workflows from '../../workflows';

/** A timer more, after everything else: caught only by a history that is whole. */
function lingering<In, Out>(workflow: (input: In) => Promise<Out>) {
  return async (input: In): Promise<Out> => {
    try {
      return await workflow(input);
    } finally {
      // A run that was asked to cancel takes no timer otherwise.
      await CancellationScope.nonCancellable(() => sleep(1));
    }
  };
}

export const delivery = lingering(workflows.delivery);
export const consignment = lingering(workflows.consignment);
export const fanOut = lingering(workflows.fanOut);
export const lane = lingering(workflows.lane);
export const reconcile = lingering(workflows.reconcile);
export const retention = lingering(workflows.retention);

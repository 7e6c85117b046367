import { sleep } from '@temporalio/workflow';
import * as workflows from '../../workflows';

/** What a careless change does: a timer more, before everything else. */
function delayed<In, Out>(workflow: (input: In) => Promise<Out>) {
  return async (input: In): Promise<Out> => {
    await sleep(1);
    return workflow(input);
  };
}

export const delivery = delayed(workflows.delivery);
export const consignment = delayed(workflows.consignment);
export const fanOut = delayed(workflows.fanOut);
export const lane = delayed(workflows.lane);
export const reconcile = delayed(workflows.reconcile);
export const retention = delayed(workflows.retention);

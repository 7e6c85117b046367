import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import {
  type LaneCommand,
  type LaneInput,
  type LaneStanding,
  QUERY_STATUS,
  SIGNAL_ACTIVATE,
  SIGNAL_HISTORY_PROCESSED,
  SIGNAL_STOP,
  SIGNAL_WAKE,
} from '../src/contracts/carrying';
import { LANE_STATE } from '../src/contracts/searchAttributes';
import type { LaneState } from '../src/contracts/states';
import { describeLane, summarizeLane } from '../src/domain/describeLane';
import { OUR_FAULTS_RETRY } from './retry';
import { upsertKnownAttributes } from './upsertKnownAttributes';

const { drainLane } = proxyActivities<Pick<Activities, 'drainLane'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 minute' },
});
/** With the first release after 0.1.0; the other side can go with the one after that, when no lane of 0.1.0 is open. */
const CANCELLATION_IS_A_LOOK = 'cancellation-is-a-look';

const { steerLane } = proxyLocalActivities<Pick<Activities, 'steerLane'>>(OUR_FAULTS_RETRY);

/**
 * Empties a lane in batches, stands open while something waits that may not go out, and ends when nothing waits. Its
 * activity puts the lane to sleep in PostgreSQL, under the lane's lock; whoever puts something behind a sleeping lane
 * wakes it, so nothing is missed here.
 */
export async function lane(input: LaneInput): Promise<void> {
  const work = new CancellationScope({ cancellable: false });
  const asked = { isWoken: false, isCancelled: false };
  // The UI's "Request Cancellation" means "look again": the lane stands for deliveries, which no click may make vanish.
  CancellationScope.current().cancelRequested.catch(() => {
    if (!patched(CANCELLATION_IS_A_LOOK)) return work.cancel();
    asked.isWoken = true;
    asked.isCancelled = true;
  });
  return work.run(() => empty(input, asked));
}

async function empty(input: LaneInput, asked: { isWoken: boolean; isCancelled: boolean }): Promise<void> {
  let standing: LaneStanding | null = null;
  // A run that continues another one shows what that one did.
  let shownState = workflowInfo().typedSearchAttributes.get(LANE_STATE);
  const show = (state: LaneState) => {
    if (state !== shownState) upsertKnownAttributes([{ key: LANE_STATE, value: state }]);
    shownState = state;
  };
  const steer = (command: LaneCommand) => async () => {
    await steerLane({ ...input, command });
    asked.isWoken = true;
  };
  setHandler(defineQuery<LaneStanding | null>(QUERY_STATUS), () => standing);
  setHandler(defineSignal(SIGNAL_WAKE), () => {
    asked.isWoken = true;
  });
  setHandler(defineSignal(SIGNAL_HISTORY_PROCESSED), steer('historyProcessed'));
  setHandler(defineSignal(SIGNAL_ACTIVATE), steer('activate'));
  setHandler(defineSignal(SIGNAL_STOP), steer('stop'));

  for (;;) {
    asked.isWoken = false;
    const step = await drainLane(input);
    if (step.next === 'wait') {
      standing = step.standing;
      show(standing.state);
      setCurrentDetails(describeLane(standing));
      await condition(() => asked.isWoken, step.waitMs, { summary: summarizeLane(standing) });
    } else {
      standing = null;
      show('running');
      setCurrentDetails('');
    }
    // What an operator asked for is committed before this run ends; and then there is something to look at again.
    await condition(allHandlersFinished);
    if (step.next === 'end' && !asked.isWoken) return;
    // Woken or not: the next run looks at once. A run takes one request for cancellation, so the next one is another's.
    if (workflowInfo().continueAsNewSuggested || asked.isCancelled) await continueAsNew<typeof lane>(input);
  }
}

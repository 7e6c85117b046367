import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  isCancellation,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities';
import {
  type CarrierStep,
  DELIVERY_FAILED,
  type DeliveryInput,
  SIGNAL_ATTEMPT_ENDED,
  SIGNAL_CANCEL,
  SIGNAL_RETRY_NOW,
} from '../src/contracts/carrying';
import { ATTEMPT, DELIVERY_STATE } from '../src/contracts/searchAttributes';
import { describeStep, summarize } from '../src/domain/describeStep';
import { OUR_FAULTS_RETRY } from './retry';
import { upsertKnownAttributes } from './upsertKnownAttributes';

const { attempt, cancel } = proxyLocalActivities<Pick<Activities, 'attempt' | 'cancel'>>(OUR_FAULTS_RETRY);

/** Carries one delivery until it is acknowledged, failed, cancelled, or behind its lane. The row decides every step. */
export async function delivery(input: DeliveryInput): Promise<string> {
  const wishes = { retryNow: false, cancel: false, look: false };
  setHandler(defineSignal(SIGNAL_RETRY_NOW), () => {
    wishes.retryNow = true;
  });
  setHandler(defineSignal(SIGNAL_CANCEL), () => {
    wishes.cancel = true;
  });
  setHandler(defineSignal(SIGNAL_ATTEMPT_ENDED), () => {
    wishes.look = true;
  });
  const isWished = () => wishes.retryNow || wishes.cancel || wishes.look;

  try {
    for (;;) {
      const early = wishes.retryNow;
      wishes.retryNow = false;
      wishes.look = false;
      const step = wishes.cancel ? await cancel(input) : await attempt({ ...input, early });
      const waitMs = show(step);
      if (waitMs === null) return finish(step);
      await condition(isWished, waitMs, { summary: summarize(step) });
      if (workflowInfo().continueAsNewSuggested && !wishes.retryNow && !wishes.cancel) {
        await continueAsNew<typeof delivery>(input);
      }
    }
  } catch (error) {
    // The UI's "Request Cancellation" means the delivery's cancel; terminating would only end this carrier of it.
    if (!isCancellation(error)) throw error;
    return CancellationScope.nonCancellable(async () => finish(await cancel(input)));
  }
}

/** Tells operators what happened last and what happens next. @returns how long to wait, null when it is over. */
function show(step: CarrierStep): number | null {
  switch (step.next) {
    case 'wait':
      setCurrentDetails(describeStep(step));
      upsertKnownAttributes([{ key: ATTEMPT, value: step.last.attempt }]);
      return step.waitMs;
    case 'under_way':
      setCurrentDetails(describeStep(step));
      return step.forMs;
    case 'fail':
    case 'end':
      return null;
  }
}

/** @throws ApplicationFailure when the policy is used up, so that the workflow stands as Failed in Temporal. */
function finish(step: CarrierStep): string {
  if (step.next === 'end') return step.outcome;
  if (step.next !== 'fail') throw new Error(`a delivery that goes on (${step.next}) cannot be finished`);
  setCurrentDetails(describeStep(step));
  upsertKnownAttributes([
    { key: DELIVERY_STATE, value: 'failed' },
    { key: ATTEMPT, value: step.last.attempt },
  ]);
  throw ApplicationFailure.nonRetryable(describeStep(step), DELIVERY_FAILED);
}

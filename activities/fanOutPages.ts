import { cancellationSignal, heartbeat } from '@temporalio/activity';
import type { FanOutInput, FanOutStep } from '../src/contracts/carrying';
import type { FanOut } from '../src/services/fanOut';

/** One stretch of writing the rest of an event's deliveries; about a minute at most. */
export function createFanOutPages({ fanOut }: { fanOut: FanOut }) {
  return async function fanOutPages(input: FanOutInput): Promise<FanOutStep> {
    const signal = cancellationSignal();
    return fanOut(input, { isStopped: () => signal.aborted, onProgress: heartbeat });
  };
}

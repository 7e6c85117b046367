import { continueAsNew, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities';
import type { FanOutInput } from '../src/contracts/carrying';

const { fanOutPages } = proxyActivities<Pick<Activities, 'fanOutPages'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '30 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Writes the deliveries of an event that matches more than is written at once. Its row says how far that is. */
export async function fanOut(input: FanOutInput): Promise<{ written: number }> {
  let written = 0;
  for (;;) {
    const step = await fanOutPages(input);
    written += step.written;
    if (step.isComplete) return { written };
    setCurrentDetails(
      `**${written} deliveries written** after those of the acceptance; the rest follows as receivers answer.`,
    );
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof fanOut>(input);
  }
}

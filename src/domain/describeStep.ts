import type { CarrierStep } from '../contracts/carrying';

/** What happened last and what happens next, in plain words (Markdown) for the Temporal UI. */
export function describeStep(step: Exclude<CarrierStep, { next: 'end' }>): string {
  switch (step.next) {
    case 'wait':
      return `**Attempt ${step.last.attempt} of ${step.last.attemptsAllowed} failed:** ${step.last.text}.

Next attempt at **${step.nextAttemptAt}** (UTC). To try at once, send the signal \`retryNow\`; to give up, \`cancel\`.`;
    case 'under_way':
      return `**Attempt ${step.attempt} is under way.** The receiver has not answered yet; its outcome is known in ${Math.ceil(step.forMs / 1000)} s at the latest.`;
    case 'fail':
      return `Failed (${step.reason}) after attempt ${step.last.attempt} of ${step.last.attemptsAllowed}: ${step.last.text}.`;
  }
}

/** One line for the timer that the UI shows in the history. */
export function summarize(step: CarrierStep): string {
  if (step.next === 'wait') return `attempt ${step.last.attempt} of ${step.last.attemptsAllowed}: ${step.last.text}`;
  return step.next === 'under_way' ? `attempt ${step.attempt} is under way` : '';
}

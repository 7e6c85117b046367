import type { AttemptFault } from './fault';

/** What is known of a recorded attempt. */
export interface RecordedAttempt {
  statusCode: number | null;
  /** An `AttemptFault`; null where the status says it all, and in what a release before this vocabulary recorded. */
  fault: string | null;
}

const SENTENCES: Record<AttemptFault, string> = {
  refused: 'the connection was refused, or the network has no route to the receiver',
  reset: 'the connection ended before the answer was complete',
  timeout: 'no complete answer came in time',
  dns: 'the name of the callback does not resolve',
  tls: 'the TLS connection failed',
  egress: 'the address of the callback may not be called',
  protocol: 'the request could not be sent, or the answer was not HTTP/1.1',
  too_large: 'the answer was too large',
  aborted: 'the attempt was ended by Postrider',
  handed_over: 'the process that made the call stopped, and another one repeats it',
  unsent: 'Postrider had no room to make the call',
  redirected: 'redirects are not followed',
  status_not_expected: 'the status is not one that acknowledges',
  body_missing: 'the answer has no body',
  body_too_long: 'the answer is too long',
  body_not_json: 'the answer is not JSON',
  body_no_object: 'the answer is no JSON object',
  errcode_missing: 'the answer has no errcode',
  errcode_not_zero: "the answer's errcode is not 0",
  pattern_not_found: 'the answer does not match the pattern',
  pattern_not_evaluated: 'the pattern could not be evaluated',
};

/**
 * For Temporal, which renders Markdown, and for logs: only sentences of ours. What a receiver or its certificate says
 * is in the attempt's record, for the subscriber.
 */
export function describeAttempt(last: RecordedAttempt | null): string {
  if (!last) return 'no attempt on record yet';
  const { statusCode, fault } = last;
  const sentence = isKnown(fault) ? SENTENCES[fault] : null;
  if (statusCode === null) return sentence ?? 'no complete answer';
  return sentence === null ? `the receiver answered ${statusCode}` : `the receiver answered ${statusCode}, ${sentence}`;
}

function isKnown(fault: string | null): fault is AttemptFault {
  return fault !== null && Object.hasOwn(SENTENCES, fault);
}

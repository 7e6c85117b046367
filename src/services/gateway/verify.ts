import { randomUUID } from 'node:crypto';
import { EXPECTED_ANSWER, readErrcode } from '../../domain/gatewayAnswer';
import type { Caller } from '../caller';
import type { CallOutAnswer } from '../callOut';
import { QuotingRefusal } from '../errors';
import type { TestCalls } from '../testCalls';

const TIMEOUT_MS = 5000;
/** All tags together: a call of ours is answered within 10 s. */
const ALL_WITHIN_MS = 8000;
/** gateway.md, Decisions. */
const AT_ONCE = 5;
const EXCERPT_BYTES = 1024;

interface Verification {
  caller: Caller;
  eventTags: readonly string[];
  callbackUrl: string;
}

/**
 * Connectivity (gateway.md): the callback is called once for each tag, some side by side, and has to acknowledge every
 * call. When one of them has no answer the tags after it are not tried.
 *
 * @throws QuotingRefusal 422 that says, of each tag that was not, what was sent, what came back and what was expected;
 * Refusal 429.
 */
export async function verifyCallback(testCalls: TestCalls, { eventTags, ...where }: Verification): Promise<void> {
  testCalls.pay(where.caller, eventTags.length);
  const deadlineMs = performance.now() + ALL_WITHIN_MS;
  const left = [...eventTags];
  const faults: string[] = [];
  let isAnswering = true;
  async function tryNext(): Promise<void> {
    for (let eventTag = left.shift(); eventTag !== undefined && isAnswering; eventTag = left.shift()) {
      const timeoutMs = Math.min(TIMEOUT_MS, deadlineMs - performance.now());
      if (timeoutMs <= 0) return void faults.push(`Not tried in time: ${eventTag}.`);
      const fault = await faultOf(testCalls, { ...where, eventTag, timeoutMs });
      if (fault) faults.push(fault.text);
      if (fault?.isUnanswered) isAnswering = false;
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, tryNext));
  if (faults.length > 0) throw new QuotingRefusal(422, `connectivity verification failed. ${faults.join(' ')}`);
}

async function faultOf(
  testCalls: TestCalls,
  {
    caller,
    eventTag,
    callbackUrl,
    timeoutMs,
  }: Omit<Verification, 'eventTags'> & { eventTag: string; timeoutMs: number },
): Promise<{ text: string; isUnanswered: boolean } | null> {
  const body = JSON.stringify({ eventTag, dispatchId: randomUUID() });
  const answer = await testCalls.post(caller, {
    url: callbackUrl,
    headers: { 'content-type': 'application/json' },
    body,
    timeoutMs,
  });
  const { statusCode } = answer;
  const reading = statusCode === null ? null : readErrcode({ statusCode, body: answer.body });
  if (reading?.isAcknowledged) return null;
  const received = [describe(answer), answer.redirect ?? reading?.error].filter(Boolean).join(': ');
  return {
    text: `Sent: POST ${callbackUrl} ${body}; received: ${received}; expected: ${EXPECTED_ANSWER}.`,
    isUnanswered: statusCode === null,
  };
}

function describe({ statusCode, body }: CallOutAnswer): string {
  // A refused address, a closed port and half an answer look the same.
  if (statusCode === null) return 'no complete answer';
  if (body.length === 0) return `HTTP ${statusCode}`;
  return `HTTP ${statusCode} ${new TextDecoder().decode(body.subarray(0, EXCERPT_BYTES))}`;
}

import { randomUUID } from 'node:crypto';
import { EXPECTED_ANSWER, readErrcode } from '../../domain/gatewayAnswer';
import type { Caller } from '../caller';
import type { CallOut, CallOutAnswer } from '../callOut';
import { QuotingRefusal } from '../errors';

/** Half of the time in which a call of ours is answered. */
const TIMEOUT_MS = 5000;
const EXCERPT_BYTES = 1024;

/**
 * Connectivity (gateway.md): the callback is called once for each tag, side by side, and has to acknowledge every call.
 *
 * @throws QuotingRefusal 422 that says, of each tag that was not, what was sent, what came back and what was expected.
 * @throws Refusal 429 when too many test calls of the tenant are under way.
 */
export async function verifyCallback(
  callOut: CallOut,
  { caller, eventTags, callbackUrl }: { caller: Caller; eventTags: readonly string[]; callbackUrl: string },
): Promise<void> {
  const faults = await Promise.all(eventTags.map((eventTag) => faultOf(callOut, { caller, eventTag, callbackUrl })));
  const found = faults.filter((fault) => fault !== null);
  if (found.length > 0) throw new QuotingRefusal(422, `connectivity verification failed. ${found.join(' ')}`);
}

async function faultOf(
  callOut: CallOut,
  { caller, eventTag, callbackUrl }: { caller: Caller; eventTag: string; callbackUrl: string },
): Promise<string | null> {
  const body = JSON.stringify({ eventTag, dispatchId: randomUUID() });
  const answer = await callOut.post(caller, {
    url: callbackUrl,
    headers: { 'content-type': 'application/json', 'user-agent': 'Postrider' },
    body,
    timeoutMs: TIMEOUT_MS,
  });
  const { statusCode } = answer;
  const reading = statusCode === null ? null : readErrcode({ statusCode, body: answer.body });
  if (reading?.isAcknowledged) return null;
  const received = [describe(answer), reading?.error].filter(Boolean).join(': ');
  return `Sent: POST ${callbackUrl} ${body}; received: ${received}; expected: ${EXPECTED_ANSWER}.`;
}

function describe({ statusCode, error, body }: CallOutAnswer): string {
  if (statusCode === null) return error ?? 'no answer';
  if (body.length === 0) return `HTTP ${statusCode}`;
  return `HTTP ${statusCode} ${new TextDecoder().decode(body.subarray(0, EXCERPT_BYTES))}`;
}

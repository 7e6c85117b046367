import { randomUUID } from 'node:crypto';
import { EXPECTED_ANSWER, readErrcode } from '../../domain/gatewayAnswer';
import { GATEWAY_CONTENT_TYPES, type GatewayFormat } from '../../domain/gatewayFormat';
import type { Caller } from '../caller';
import type { CallOutAnswer } from '../callOut';
import type { TestCalls } from '../testCalls';

/** Of each answer, so that a refusal quotes both of them. */
const EXCERPT_BYTES = 512;

export interface FormatTry {
  caller: Caller;
  callbackUrl: string;
  eventTag: string;
  format: GatewayFormat;
  timeoutMs: number;
}

/** @returns null when the callback acknowledged; else what was sent, what came back and what was expected, for the caller. */
export async function tryFormat(
  testCalls: TestCalls,
  { caller, callbackUrl, eventTag, format, timeoutMs }: FormatTry,
): Promise<{ text: string; isUnanswered: boolean } | null> {
  const verification = { eventTag, dispatchId: randomUUID() };
  const body = format === 'json' ? JSON.stringify(verification) : new URLSearchParams(verification).toString();
  const answer = await testCalls.post(caller, {
    url: callbackUrl,
    headers: { 'content-type': GATEWAY_CONTENT_TYPES[format] },
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

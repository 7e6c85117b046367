import type { GatewayFormat } from '../../domain/gatewayFormat';
import type { Caller } from '../caller';
import { QuotingRefusal } from '../errors';
import type { TestCalls } from '../testCalls';
import { tryFormat } from './tryFormat';

const TIMEOUT_MS = 5000;
/** All tags together: a call of ours is answered within 10 s. */
const ALL_WITHIN_MS = 8000;
/** gateway.md, Decisions. */
const AT_ONCE = 5;
/** The published content type first. Receivers that follow the published samples acknowledge the second alone. */
const BOTH_FORMATS = ['form', 'json'] as const satisfies GatewayFormat[];

interface Verification {
  caller: Caller;
  eventTags: readonly string[];
  callbackUrl: string;
  /** The only one that is tried. Default: form-encoded, then JSON where that is not acknowledged. */
  format?: GatewayFormat;
}

interface Verified {
  /** The one that was acknowledged; null: none was. */
  format: GatewayFormat | null;
  faults: string[];
  isUnanswered: boolean;
}

/**
 * Connectivity (gateway.md): the callback is called for each tag, some side by side, and has to acknowledge every tag in
 * one of the formats. When a tag has no answer in any of them, the tags after it are not tried.
 *
 * @returns the format that was acknowledged, of each tag, in the order of the tags.
 * @throws QuotingRefusal 422 that says, of each tag that was not acknowledged, what was sent, what came back and what was
 * expected; Refusal 429.
 */
export async function verifyCallback(
  testCalls: TestCalls,
  { caller, eventTags, callbackUrl, format }: Verification,
): Promise<Map<string, GatewayFormat>> {
  const formats = format === undefined ? BOTH_FORMATS : [format];
  testCalls.pay(caller, eventTags.length);
  const deadlineMs = performance.now() + ALL_WITHIN_MS;
  const left = [...eventTags];
  const acknowledged = new Map<string, GatewayFormat>();
  const faults: string[] = [];
  let isAnswering = true;

  async function verifyTag(eventTag: string): Promise<Verified> {
    const tried: Verified = { format: null, faults: [], isUnanswered: true };
    for (const [at, format] of formats.entries()) {
      const timeoutMs = Math.min(TIMEOUT_MS, deadlineMs - performance.now());
      if (timeoutMs <= 0) {
        tried.faults.push(`Not tried in time: ${eventTag} (${format}).`);
        break;
      }
      // The first call of every tag is paid for already.
      if (at > 0) testCalls.pay(caller, 1);
      const fault = await tryFormat(testCalls, { caller, callbackUrl, eventTag, format, timeoutMs });
      if (!fault) return { ...tried, format };
      tried.faults.push(fault.text);
      if (!fault.isUnanswered) tried.isUnanswered = false;
    }
    return tried;
  }

  async function verifyNext(): Promise<void> {
    for (let eventTag = left.shift(); eventTag !== undefined && isAnswering; eventTag = left.shift()) {
      const verified = await verifyTag(eventTag);
      if (verified.format) acknowledged.set(eventTag, verified.format);
      else faults.push(...verified.faults);
      if (!verified.format && verified.isUnanswered) isAnswering = false;
    }
  }

  await Promise.all(Array.from({ length: AT_ONCE }, verifyNext));
  if (faults.length > 0) {
    throw new QuotingRefusal(422, `connectivity verification failed. ${faults.join(' ')}`);
  }
  const inOrder = eventTags.flatMap((eventTag) => {
    const format = acknowledged.get(eventTag);
    return format ? [[eventTag, format] as const] : [];
  });
  return new Map(inOrder);
}

import type { InterfaceName } from '../contracts/states';
import type { Share } from '../domain/fairness/fairQueue';
import type { AttemptFault } from '../domain/fault';
import type { Answer } from './answer';
import type { CallbackFormats } from './formats';
import type { CallbackContent, Reading } from './formats/format';
import type { HttpClient } from './httpClient';
import { signatureHeaders } from './sign';

export interface Callback {
  interface: InterfaceName;
  url: string;
  timeoutMs: number;
  /** Whose call it is, for what tenants share. */
  share: Share;
  /** As in `PostRequest`. */
  startWithinMs: number;
  content: CallbackContent;
  /** Live ones, newest first. */
  secrets: string[];
  /** Milliseconds since 1970, by the database's clock. */
  nowMs: number;
  /** Asked right before the first byte leaves: however long the call has waited, for its body or for a connection. */
  mayBegin(): boolean;
  /** The answer is there, and whether it acknowledges takes a while to find out. */
  onUndecided(decided: Promise<unknown>): void;
}

export interface CallbackAnswer extends Omit<Answer, 'fault'> {
  fault: AttemptFault | null;
  /** By the interface's rule; `error` then says why not, where the status alone does not. */
  isAcknowledged: boolean;
  /** How long after the answer it was known what it means; not part of `durationMs`. */
  undecidedMs: number;
}

/**
 * One signed call of a delivery, in its interface's format. Never throws for what the receiver or the network does.
 *
 * @returns null, and calls nobody, when the delivery concerns nobody any more; `withheld` when it might not begin.
 */
export async function sendCallback(
  { http, formats }: { http: HttpClient; formats: CallbackFormats },
  callback: Callback,
): Promise<CallbackAnswer | 'withheld' | null> {
  const { url, timeoutMs, share, startWithinMs, content, secrets, nowMs, mayBegin } = callback;
  const format = formats[callback.interface];
  const made = format.body(content);
  // A promise costs a turn of the event loop: formats that need nothing but the event give none.
  const body = made instanceof Promise ? await made : made;
  if (body === null) return null;
  const signature = signatureHeaders({ id: content.deliveryId, body, timestampS: nowMs / 1000, secrets });
  let isWithheld = false;
  const answer = await http.post({
    url,
    headers: { 'content-type': format.contentTypeOf(content.interfaceData), ...signature },
    body,
    isAnswerRead: format.isAnswerRead,
    timeoutMs,
    share,
    startWithinMs,
    mayBegin: () => {
      isWithheld = !mayBegin();
      return !isWithheld;
    },
  });
  // What is withheld before a second call has made the first: that one counts, and is an attempt.
  if (isWithheld && answer.fault === 'aborted') return 'withheld';
  const { statusCode, fault } = answer;
  if (statusCode === null || fault !== null) return { ...answer, isAcknowledged: false, undecidedMs: 0 };
  const reader = { interfaceData: content.interfaceData, share: callback.share };
  const reading = format.read({ statusCode, body: answer.body }, reader);
  if (!(reading instanceof Promise)) return { ...answer, ...readAs(reading, answer), undecidedMs: 0 };
  const answeredAtMs = performance.now();
  callback.onUndecided(reading);
  const read = readAs(await reading, answer);
  return { ...answer, ...read, undecidedMs: performance.now() - answeredAtMs };
}

/** Of a redirect its target is the reason, whatever its body is. */
function readAs(reading: Reading, { redirect }: Answer): Pick<CallbackAnswer, 'isAcknowledged' | 'fault' | 'error'> {
  return reading.isAcknowledged || redirect === null
    ? reading
    : { isAcknowledged: false, fault: 'redirected', error: redirect };
}

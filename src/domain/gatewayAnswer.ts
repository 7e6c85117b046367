import type { AnswerFault } from './fault';
import { isSuccess } from './judgement';

/** Of a longer answer only so much is read. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_SHOWN_CHARS = 100;

/** What a callback has to answer, to the verification as to a message (gateway.md, Decisions). */
export const EXPECTED_ANSWER = 'HTTP 2xx with a JSON body whose errcode is 0';

export interface ErrcodeReading {
  isAcknowledged: boolean;
  /** Why not, where the status alone does not say so; `error` is the same in words, which quote the answer. */
  fault: AnswerFault | null;
  error: string | null;
}

/** 2xx with a JSON object whose `errcode` is 0, as number or text; nothing else in it counts. */
export function readErrcode({ statusCode, body }: { statusCode: number; body: Uint8Array }): ErrcodeReading {
  if (!isSuccess(statusCode)) return { isAcknowledged: false, fault: null, error: null };
  if (body.length === 0)
    return refused('body_missing', 'the answer has no body, where JSON with errcode 0 is expected');
  if (body.length >= MAX_ANSWER_BYTES) {
    return refused('body_too_long', `the answer is too long: ${MAX_ANSWER_BYTES} bytes or more`);
  }
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return refused('body_not_json', 'the answer is not JSON');
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    return refused('body_no_object', 'the answer is no JSON object');
  }
  if (!('errcode' in answer)) return refused('errcode_missing', 'the answer has no errcode');
  const { errcode } = answer;
  if (errcode === 0 || errcode === '0') return { isAcknowledged: true, fault: null, error: null };
  const shown = JSON.stringify(errcode).slice(0, MAX_SHOWN_CHARS);
  return refused('errcode_not_zero', `the answer's errcode is ${shown}, not 0`);
}

function refused(fault: AnswerFault, error: string): ErrcodeReading {
  return { isAcknowledged: false, fault, error };
}

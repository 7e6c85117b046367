import { isSuccess } from './judgement';

/** Of a longer answer only so much is read. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_SHOWN_CHARS = 100;

/** What a callback has to answer, to the verification as to a message (gateway.md, Decisions). */
export const EXPECTED_ANSWER = 'HTTP 2xx with a JSON body whose errcode is 0';

/** 2xx with a JSON object whose `errcode` is 0, as number or text; nothing else in it counts. `error`: why not, in words. */
export function readErrcode({ statusCode, body }: { statusCode: number; body: Uint8Array }): {
  isAcknowledged: boolean;
  error: string | null;
} {
  if (!isSuccess(statusCode)) return { isAcknowledged: false, error: null };
  const error = faultOf(body);
  return { isAcknowledged: error === null, error };
}

function faultOf(body: Uint8Array): string | null {
  if (body.length === 0) return 'the answer has no body, where JSON with errcode 0 is expected';
  if (body.length >= MAX_ANSWER_BYTES) return `the answer is too long: ${MAX_ANSWER_BYTES} bytes or more`;
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return 'the answer is not JSON';
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return 'the answer is no JSON object';
  if (!('errcode' in answer)) return 'the answer has no errcode';
  const { errcode } = answer;
  if (errcode === 0 || errcode === '0') return null;
  return `the answer's errcode is ${JSON.stringify(errcode).slice(0, MAX_SHOWN_CHARS)}, not 0`;
}

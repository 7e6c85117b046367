import type { Caller } from '../caller';
import type { CallOut } from '../callOut';
import { Refusal } from '../errors';
import { requireHttpUrl } from './callback';

const WITHIN_MS = 8000;
/** Enough to see who answers; it is not a way to read what others' servers hold. */
const SHOWN_BYTES = 4096;

export interface PingAnswer {
  httpStatus: number;
  responseBody: string;
}

/**
 * Posts `data`, JSON text, to the callback.
 *
 * @throws Refusal 400 for what is no http URL; 422 when there is no answer, or the callback may not be called; 429 when
 * too many test calls of the tenant are under way.
 */
export async function ping(
  callOut: CallOut,
  { caller, callbackUrl, data }: { caller: Caller; callbackUrl: string; data: string },
): Promise<PingAnswer> {
  const { statusCode, error, body } = await callOut.post(caller, {
    url: requireHttpUrl(callbackUrl),
    headers: { 'content-type': 'application/json', 'user-agent': 'Postrider' },
    body: data,
    timeoutMs: WITHIN_MS,
  });
  if (statusCode === null) throw new Refusal(422, `no answer from the callback: ${error}`);
  // As a stream: a character that the cut splits is left out.
  const shown = new TextDecoder().decode(body.subarray(0, SHOWN_BYTES), { stream: body.length > SHOWN_BYTES });
  return { httpStatus: statusCode, responseBody: shown };
}

/** Whether somebody listens there. @throws Refusal 400 for what is no http URL; 422 when nobody does; 429 as for `ping`. */
export async function telnet(
  callOut: CallOut,
  { caller, callbackUrl }: { caller: Caller; callbackUrl: string },
): Promise<void> {
  const failure = await callOut.connect(caller, { url: requireHttpUrl(callbackUrl), timeoutMs: WITHIN_MS });
  if (failure !== null) throw new Refusal(422, `no connection to the callback: ${failure}`);
}

import { callableUrl, requireCallbackUrl } from '../callbackCheck';
import type { Caller } from '../caller';
import { Refusal } from '../errors';
import type { SubscriptionDeps } from '../subscriptions/deps';
import { FIELD } from './callback';
import { requireApp } from './place';

const WITHIN_MS = 8000;
/** Enough to see who answers; it is not a way to read what others' servers hold. */
const SHOWN_BYTES = 4096;

/** Why there was no answer is not told: a refused address, a closed port and a name without an address look the same. */
const NOT_REACHED = `within ${WITHIN_MS / 1000} s: nobody is there, or the address may not be called`;

type Deps = Pick<SubscriptionDeps, 'testCalls' | 'checkUrlText'>;

export interface PingAnswer {
  httpStatus: number;
  responseBody: string;
}

/**
 * Posts `data`, JSON text, to the callback.
 *
 * @throws Refusal 400 for what is no http URL; 403; 422 when there is no answer, or the callback may not be called; 429.
 */
export async function ping(
  deps: Deps,
  { caller, callbackUrl, data }: { caller: Caller; callbackUrl: string; data: string },
): Promise<PingAnswer> {
  const url = paidFor(deps, { caller, callbackUrl });
  const { statusCode, body } = await deps.testCalls.post(caller, {
    url,
    headers: { 'content-type': 'application/json' },
    body: data,
    timeoutMs: WITHIN_MS,
  });
  if (statusCode === null) throw new Refusal(422, `no answer from the callback ${NOT_REACHED}`);
  // As a stream: a character that the cut splits is left out.
  const shown = new TextDecoder().decode(body.subarray(0, SHOWN_BYTES), { stream: body.length > SHOWN_BYTES });
  return { httpStatus: statusCode, responseBody: shown };
}

/** Whether somebody listens there. @throws Refusal 400 for what is no http URL; 403; 422 when nobody does; 429. */
export async function telnet(
  deps: Deps,
  { caller, callbackUrl }: { caller: Caller; callbackUrl: string },
): Promise<void> {
  const url = paidFor(deps, { caller, callbackUrl });
  const isConnected = await deps.testCalls.connect(caller, { url, timeoutMs: WITHIN_MS });
  if (!isConnected) throw new Refusal(422, `no connection to the callback ${NOT_REACHED}`);
}

function paidFor(deps: Deps, { caller, callbackUrl }: { caller: Caller; callbackUrl: string }): string {
  requireApp(caller);
  const url = callableUrl(callbackUrl);
  requireCallbackUrl(deps.checkUrlText, url, FIELD);
  deps.testCalls.pay(caller, 1);
  return url;
}

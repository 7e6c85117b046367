import { type CallbackCheck, callableUrl, requireCallbackUrl } from '../callbackCheck';

export const FIELD = 'callback_url';

/** @throws Refusal 400 for one that may not be called. */
export function requireCallable(check: CallbackCheck, given: string): string {
  const url = callableUrl(given);
  requireCallbackUrl(check, url, FIELD);
  return url;
}

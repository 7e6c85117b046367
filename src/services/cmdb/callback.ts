import { type CallbackCheck, requireCallbackUrl } from '../callbackCheck';

export const FIELD = 'callback_url';
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** What is called: a URL without a scheme means http. */
export function callableUrl(given: string): string {
  return SCHEME.test(given) ? given : `http://${given}`;
}

/** @throws Refusal 400 for one that may not be called. */
export function requireCallable(check: CallbackCheck, given: string): string {
  const url = callableUrl(given);
  requireCallbackUrl(check, url, FIELD);
  return url;
}

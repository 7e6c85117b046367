import { Refusal } from './errors';

/** Throws an error named CallbackUrlError for a URL that may never be called; its message says why. */
export type CallbackCheck = (text: string) => void;

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** The URL that is called where an interface takes one without a scheme: that means http. */
export function callableUrl(given: string): string {
  return SCHEME.test(given) ? given : `http://${given}`;
}

/** @param field the name that the callback has where it is given. @throws Refusal 400. */
export function requireCallbackUrl(
  check: CallbackCheck,
  callbackUrl: string | null | undefined,
  field = 'callbackUrl',
): void {
  if (callbackUrl === null || callbackUrl === undefined) return;
  try {
    check(callbackUrl);
  } catch (error) {
    if (error instanceof Error && error.name === 'CallbackUrlError') throw new Refusal(400, error.message, field);
    throw error;
  }
}

import { type CallbackCheck, callableUrl, requireCallbackUrl } from '../callbackCheck';
import { Refusal } from '../errors';

const BYTE = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';

/** As it is written: what a URL parser makes an address of (2130706433, 0x7f.1, 010.0.0.1) is none. */
const IP_HOST = new RegExp(`^https?://(?:${BYTE}(?:\\.${BYTE}){3}|\\[[0-9a-f:.]+\\])(?::\\d*)?(?:[/?#]|$)`, 'i');

/**
 * @returns the URL that is called: one without a scheme means http.
 * @throws Refusal 400 for one that may not be called, or whose host is not an IP address (gateway.md, Decisions).
 */
export function requireIpCallback(check: CallbackCheck, given: string): string {
  const callbackUrl = callableUrl(given);
  requireCallbackUrl(check, callbackUrl);
  if (!IP_HOST.test(callbackUrl)) {
    throw new Refusal(400, 'the host must be an IP address, as 192.0.2.1 or [2001:db8::1]', 'callbackUrl');
  }
  return callbackUrl;
}

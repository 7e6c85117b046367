import { type CallbackCheck, requireCallbackUrl } from '../callbackCheck';
import { Refusal } from '../errors';

/** The callback under the name that it has here. @throws Refusal 400. */
export function requireWebhookUrl(check: CallbackCheck, webhookUrl: string): void {
  try {
    requireCallbackUrl(check, webhookUrl);
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(error.status, error.message, 'webhookUrl') : error;
  }
}

import type { Tenant } from '../driver/scene';
import type { Lab } from '../lab';
import { asked, callOf } from './ask';

const BUSINESS = 1;
const TIMEOUT_S = 10;

export interface CmdbSettings {
  name: string;
  callbackUrl: string;
  /** Of the answer's body; without one, status 200 confirms. */
  pattern?: string;
  /** Event names, separated by commas. */
  form: string;
}

export interface CmdbSubscription {
  id: string;
  /** Of the CMDB's own routes. */
  path: string;
}

export function cmdbBody({ name, callbackUrl, pattern, form }: CmdbSettings): object {
  return {
    subscription_name: name,
    system_name: 'faults',
    callback_url: callbackUrl,
    confirm_mode: pattern === undefined ? 'httpstatus' : 'regular',
    confirm_pattern: pattern ?? '200',
    subscription_form: form,
    timeout: TIMEOUT_S,
  };
}

/** A subscription over the CMDB's interface, the only one of its app. */
export async function subscribeCmdb(
  lab: Lab,
  { tenantId, subscriberKey }: Tenant & { subscriberKey: string },
  settings: CmdbSettings,
): Promise<CmdbSubscription> {
  const place = `/api/v3/event/subscribe/${tenantId}/${BUSINESS}`;
  const call = callOf(subscriberKey, 'POST', place, cmdbBody(settings));
  const { data: made } = await asked<{ data: { subscription_id: number } }>(lab, call);
  const listed = await asked<{ data: { id: string }[] }>(lab, callOf(subscriberKey, 'GET', '/v1/subscriptions'));
  return { id: listed.data[0]?.id ?? '', path: `${place}/${made.subscription_id}` };
}

import type { AppId } from '../../db/apps';
import type { Caller } from '../caller';
import { Refusal } from '../errors';

/** The key's app: calls of this interface name none. @throws Refusal 403 for a key without one, or a portal user's. */
export function ownApp({ tenantId, appId, subject }: Caller): AppId {
  if (tenantId === null || appId === null) {
    throw new Refusal(403, 'registrations belong to an app, and the key has none');
  }
  if (subject !== null) throw new Refusal(403, "a portal user's key may not do this");
  return { tenantId, appId };
}

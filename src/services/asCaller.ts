import { type Actor, asActor } from '../db/actor';
import { asShare } from '../db/connectionShare';
import type { Caller } from './caller';

/** What an audit record says of the call beside who made it. */
export type CallOfActor = Pick<Actor, 'route' | 'requestId' | 'onAudited'>;

/**
 * What the call changes is recorded as its caller's. The database connections that it takes count for the caller's tenant,
 * whose keys take turns; operators of no tenant share one part.
 */
export function asCaller<T>({ tenantId, keyId }: Caller, call: CallOfActor, work: () => T): T {
  const share = { tenantId: tenantId ?? INSTALLATION, flow: keyId };
  return asActor({ ...call, keyId, keyTenantId: tenantId }, () => asShare(share, work));
}

/** No tenant has this id: theirs hold no blanks. */
const INSTALLATION = 'the installation';

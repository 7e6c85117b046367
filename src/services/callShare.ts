import { asShare } from '../db/connectionShare';
import type { Caller } from './caller';

/** The database connections that a call takes count for its tenant; its keys take turns. Operators of no tenant share one part. */
export function asCaller<T>({ tenantId, keyId }: Caller, work: () => T): T {
  return asShare({ tenantId: tenantId ?? INSTALLATION, flow: keyId }, work);
}

/** No tenant has this id: theirs hold no blanks. */
const INSTALLATION = 'the installation';

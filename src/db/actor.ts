import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditRecord } from './audit';

/** Who does what is done in a call, for the audit record. */
export interface Actor {
  keyId: string;
  /** The key's own tenant; null: of the installation. */
  keyTenantId: string | null;
  /** Method and path of the call, or the signal in Temporal. */
  route: string;
  requestId: string | null;
  /** Called after the commit. */
  onAudited(record: AuditRecord): void;
}

const actors = new AsyncLocalStorage<Actor>();

/** For use cases that are called by nobody: a test, or a script. */
const NOBODY: Actor = {
  keyId: 'postrider',
  keyTenantId: null,
  route: 'internal',
  requestId: null,
  onAudited: () => undefined,
};

/** It travels with the call: what writes a change knows its transaction, not who asked for it. */
export function asActor<T>(actor: Actor, work: () => T): T {
  return actors.run(actor, work);
}

export function currentActor(): Actor {
  return actors.getStore() ?? NOBODY;
}

import type { Actor } from '../src/db/actor';

/** Somebody in the Temporal UI: Temporal does not say who. */
export function temporalActor(signal: string, onAudited: Actor['onAudited']): Actor {
  return { keyId: 'temporal', keyTenantId: null, route: `signal ${signal}`, requestId: null, onAudited };
}

import { LruMap } from '../../domain/lruMap';
import { keyOf } from './flow';

/** A flow that met a locked row is written apart from its tenant's others for so long after. */
const FLOW_APART_MS = 10_000;
/** Its tenant shares no group with other tenants for so long: one lock of its own may cost them a wait once a minute. */
const TENANT_APART_MS = 60_000;
/** Above what is locked at once in practice; what is forgotten early costs one more wait. */
const MAX_REMEMBERED = 10_000;

/** Which flows of which tenants could not be written lately because a row that they need was locked. */
export class LockedFlows {
  private readonly flows = new LruMap<string, number>(MAX_REMEMBERED);
  private readonly tenants = new LruMap<string, number>(MAX_REMEMBERED);

  note(tenantId: string, flow: string): void {
    this.flows.set(keyOf(tenantId, flow), performance.now() + FLOW_APART_MS);
    this.noteTenant(tenantId);
  }

  noteTenant(tenantId: string): void {
    this.tenants.set(tenantId, performance.now() + TENANT_APART_MS);
  }

  has(tenantId: string, flow: string): boolean {
    return this.hasTenant(tenantId) && isNow(this.flows, keyOf(tenantId, flow));
  }

  hasTenant(tenantId: string): boolean {
    return this.tenants.size > 0 && isNow(this.tenants, tenantId);
  }
}

function isNow(untils: LruMap<string, number>, key: string): boolean {
  const until = untils.get(key);
  if (until === undefined) return false;
  if (until > performance.now()) return true;
  untils.delete(key);
  return false;
}

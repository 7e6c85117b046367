/** What an event met when it was accepted: the next one of its address will meet the same, mostly. */
export interface Met {
  deliveries: number;
  /** Its deliveries waited for the locks of lanes: some are ordered, or behind a lane that is in use. */
  locks: boolean;
  /** Some are ordered. */
  order: boolean;
}

/** In the whole process, and of one tenant: whoever uses more addresses than this forgets its own, not the others'. */
const MAX_REMEMBERED = 10_000;
const MAX_OF_TENANT = 1000;

/** Remembers what the last event of each tenant and address met. What is forgotten costs the next event only a group of its own. */
export class LastMet {
  private readonly tenants = new Map<string, Map<string, Met>>();
  private size = 0;

  get(tenantId: string, address: string): Met | undefined {
    return this.tenants.get(tenantId)?.get(address);
  }

  set(tenantId: string, address: string, met: Met): void {
    const known = this.tenants.get(tenantId) ?? new Map<string, Met>();
    if (known.size === 0) this.tenants.set(tenantId, known);
    if (!known.delete(address)) this.size++;
    known.set(address, met);
    if (known.size > MAX_OF_TENANT) this.forgetOldest(known);
    if (this.size > MAX_REMEMBERED) this.forgetTenant();
  }

  private forgetOldest(known: Map<string, Met>): void {
    const oldest = known.keys().next();
    if (oldest.done) return;
    known.delete(oldest.value);
    this.size--;
  }

  /** Of the tenant that was remembered first. */
  private forgetTenant(): void {
    const first = this.tenants.entries().next();
    if (first.done) return;
    const [tenantId, known] = first.value;
    this.tenants.delete(tenantId);
    this.size -= known.size;
  }
}

/** Who waits for something shared: a tenant and, among its own, a flow of work, mostly a subscription. */
export interface Share {
  tenantId: string;
  flow: string;
  /** What the work weighs against other work for the same thing. Default 1. */
  cost?: number;
}

interface Waiting<T> {
  item: T;
  cost: number;
}

/** Whatever takes turns: `turnAt` is the virtual time of its next turn. */
interface Turns {
  turnAt: number;
  size: number;
}

interface Flow<T> extends Turns {
  waiting: Waiting<T>[];
}

interface Tenant<T> extends Turns {
  clock: number;
  flows: Map<string, Flow<T>>;
}

/** Who may be given something now. */
export interface Admission {
  tenant(tenantId: string): boolean;
  /** Asked for tenants that may. */
  flow(tenantId: string, flow: string): boolean;
}

const EVERYBODY: Admission = { tenant: () => true, flow: () => true };

/** Tenants that wait for nothing are remembered while their last turns still count against them, up to so many. */
const MAX_REMEMBERED = 1000;

/**
 * Fair queueing on two levels: tenants take turns, and so do the flows of one tenant, however much each of them has put in.
 * A turn costs what its work weighs. First in, first out within a flow.
 *
 * Start-time fair queueing (Goyal, Vin, Cheng: SIGCOMM 1996): each tenant's virtual time moves on by the cost of what it
 * was given, and the tenant furthest behind is next. Deficit round robin gives the same shares, but needs many rounds
 * for one item that costs a thousand times another.
 */
export class FairQueue<T> {
  private readonly tenants = new Map<string, Tenant<T>>();
  private clock = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  push(item: T, { tenantId, flow: name, cost = 1 }: Share): void {
    const tenant = this.tenants.get(tenantId) ?? this.addTenant(tenantId);
    if (tenant.size === 0) tenant.turnAt = Math.max(tenant.turnAt, this.clock);
    let flow = tenant.flows.get(name);
    if (!flow) {
      flow = { turnAt: tenant.clock, size: 0, waiting: [] };
      tenant.flows.set(name, flow);
    }
    flow.waiting.push({ item, cost });
    flow.size++;
    tenant.size++;
    this.count++;
  }

  /** Counts a turn of one that did not have to wait, as `push` and `shift` would. */
  charge({ tenantId, cost = 1 }: Share): void {
    const tenant = this.tenants.get(tenantId) ?? this.addTenant(tenantId);
    this.clock = Math.max(this.clock, tenant.turnAt);
    tenant.turnAt = this.clock + cost;
  }

  /** The item whose turn it is. @param may leaves out tenants and flows that may not have another one now. */
  shift(may: Admission = EVERYBODY): T | undefined {
    let next: { tenantId: string; tenant: Tenant<T>; name: string; flow: Flow<T> } | undefined;
    for (const [tenantId, tenant] of this.tenants) {
      if (tenant.size === 0 || (next && tenant.turnAt >= next.tenant.turnAt) || !may.tenant(tenantId)) continue;
      const found = nextFlow(tenant, (flow) => may.flow(tenantId, flow));
      if (found) next = { tenantId, tenant, ...found };
    }
    if (!next) return undefined;
    const { tenantId, tenant, name, flow } = next;
    const taken = flow.waiting.shift() as Waiting<T>;
    this.clock = Math.max(this.clock, tenant.turnAt);
    tenant.clock = Math.max(tenant.clock, flow.turnAt);
    tenant.turnAt += taken.cost;
    flow.turnAt += taken.cost;
    this.took(tenantId, tenant, name, flow);
    return taken.item;
  }

  /** Takes out one that waits no more. @returns whether it was there. */
  remove(item: T, { tenantId, flow: name }: Share): boolean {
    const tenant = this.tenants.get(tenantId);
    const flow = tenant?.flows.get(name);
    const at = flow?.waiting.findIndex((one) => one.item === item) ?? -1;
    if (!tenant || !flow || at === -1) return false;
    flow.waiting.splice(at, 1);
    this.took(tenantId, tenant, name, flow);
    return true;
  }

  /** How many of a tenant's wait. */
  sizeOf(tenantId: string): number {
    return this.tenants.get(tenantId)?.size ?? 0;
  }

  private addTenant(tenantId: string): Tenant<T> {
    if (this.tenants.size >= MAX_REMEMBERED) this.forgetIdle();
    const tenant = { turnAt: this.clock, size: 0, clock: 0, flows: new Map() };
    this.tenants.set(tenantId, tenant);
    return tenant;
  }

  private took(tenantId: string, tenant: Tenant<T>, name: string, flow: Flow<T>): void {
    this.count--;
    tenant.size--;
    flow.size--;
    if (flow.size === 0) tenant.flows.delete(name);
    if (tenant.size === 0 && tenant.turnAt <= this.clock) this.tenants.delete(tenantId);
  }

  private forgetIdle(): void {
    for (const [tenantId, { size }] of this.tenants) if (size === 0) this.tenants.delete(tenantId);
  }
}

function nextFlow<T>(
  tenant: Tenant<T>,
  mayTake: (flow: string) => boolean,
): { name: string; flow: Flow<T> } | undefined {
  let next: { name: string; flow: Flow<T> } | undefined;
  for (const [name, flow] of tenant.flows) {
    if ((!next || flow.turnAt < next.flow.turnAt) && mayTake(name)) next = { name, flow };
  }
  return next;
}

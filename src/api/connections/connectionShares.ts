/** A connection as it is closed when there is no room. */
export interface Connection {
  destroy(): unknown;
}

export interface ShareLimits {
  /** All connections. Without file descriptors left, callbacks and PostgreSQL would fail too. */
  max: number;
  /** Those that have not shown a valid key yet. */
  maxWithoutKey: number;
  /** So many without a key always find room beside those with one. */
  reservedWithoutKey: number;
}

export const SHARE_LIMITS: ShareLimits = { max: 5_000, maxWithoutKey: 2_500, reservedWithoutKey: 500 };

/** A holder of connections is a tenant that has shown a valid key, or an address. Both sets have the oldest first. */
interface Holder {
  hasKey: boolean;
  idle: Set<Connection>;
  busy: Set<Connection>;
}

/**
 * Shares the connections. When there is no room for one more, whoever holds the most loses its oldest one without a
 * call under way, and if all of its are busy, its oldest: silent connections of one caller never keep another one out.
 * Whoever holds the most itself is refused.
 *
 * Addresses have no limit of their own: behind a proxy, everybody has the same.
 */
export class ConnectionShares {
  private readonly holders = new Map<string, Holder>();
  private readonly holderOf = new Map<Connection, string>();
  private withoutKey = 0;

  constructor(private readonly limits: ShareLimits) {}

  /** @returns false: there is no room for it. */
  add(connection: Connection, { address }: { address: string }): boolean {
    const name = `address ${address}`;
    const asks = this.sizeOf(name);
    if (this.withoutKey >= this.limits.maxWithoutKey && !this.makeRoom({ hasKey: false, asks })) return false;
    if (this.holderOf.size >= this.limits.max) {
      const hasKey = this.withoutKey < this.limits.reservedWithoutKey;
      if (!this.makeRoom({ hasKey, asks })) return false;
    }
    this.put(connection, name, { hasKey: false, isBusy: false });
    return true;
  }

  delete(connection: Connection): void {
    const name = this.holderOf.get(connection);
    if (name !== undefined) this.takeOut(connection, name);
  }

  /** A call begins. */
  began(connection: Connection): void {
    this.move(connection, { toBusy: true });
  }

  /** Its answer has left. */
  ended(connection: Connection): void {
    this.move(connection, { toBusy: false });
  }

  /** The first key counts: a proxy that sends the calls of several tenants over one connection does not move it each time. */
  showedKey(connection: Connection, { tenantId }: { tenantId: string | null }): void {
    const name = this.holderOf.get(connection);
    if (name === undefined || this.holders.get(name)?.hasKey) return;
    const isBusy = this.holders.get(name)?.busy.has(connection) ?? false;
    this.takeOut(connection, name);
    const tenant = `tenant ${tenantId ?? ''}`;
    const { max, reservedWithoutKey } = this.limits;
    const isFull = this.holderOf.size - this.withoutKey >= max - reservedWithoutKey;
    if (isFull && !this.makeRoom({ hasKey: true, asks: this.sizeOf(tenant) })) {
      connection.destroy();
      return;
    }
    this.put(connection, tenant, { hasKey: true, isBusy });
  }

  private put(connection: Connection, name: string, { hasKey, isBusy }: { hasKey: boolean; isBusy: boolean }): void {
    let holder = this.holders.get(name);
    if (!holder) {
      holder = { hasKey, idle: new Set(), busy: new Set() };
      this.holders.set(name, holder);
    }
    (isBusy ? holder.busy : holder.idle).add(connection);
    this.holderOf.set(connection, name);
    if (!hasKey) this.withoutKey++;
  }

  private takeOut(connection: Connection, name: string): void {
    this.holderOf.delete(connection);
    const holder = this.holders.get(name);
    if (!holder) return;
    if (!holder.idle.delete(connection)) holder.busy.delete(connection);
    if (!holder.hasKey) this.withoutKey--;
    if (sizeOf(holder) === 0) this.holders.delete(name);
  }

  private move(connection: Connection, { toBusy }: { toBusy: boolean }): void {
    const name = this.holderOf.get(connection);
    const holder = name === undefined ? undefined : this.holders.get(name);
    if (!holder) return;
    const [from, to] = toBusy ? [holder.idle, holder.busy] : [holder.busy, holder.idle];
    if (from.delete(connection)) to.add(connection);
  }

  /** @param asks how many the one has that asks for one more. @returns whether one was closed for it. */
  private makeRoom({ hasKey, asks }: { hasKey: boolean; asks: number }): boolean {
    const largest = this.largest(hasKey);
    if (!largest) return false;
    const [idle] = largest.holder.idle;
    if (idle === undefined && sizeOf(largest.holder) <= asks + 1) return false;
    const [busy] = largest.holder.busy;
    const closed = idle ?? busy;
    if (!closed) return false;
    this.takeOut(closed, largest.name);
    closed.destroy();
    return true;
  }

  private largest(hasKey: boolean): { name: string; holder: Holder } | undefined {
    let largest: { name: string; holder: Holder } | undefined;
    for (const [name, holder] of this.holders) {
      if (holder.hasKey !== hasKey) continue;
      if (!largest || sizeOf(holder) > sizeOf(largest.holder)) largest = { name, holder };
    }
    return largest;
  }

  private sizeOf(name: string): number {
    const holder = this.holders.get(name);
    return holder ? sizeOf(holder) : 0;
  }
}

function sizeOf({ idle, busy }: Holder): number {
  return idle.size + busy.size;
}

import type { Steered } from '../../db/steerings';

/** Subscriptions and apps remembered one by one; a few hundred bytes each. */
const MAX_REMEMBERED = 10_000;

/** What a call is made for, as far as acts of steering name it. */
export interface Steerable {
  id: string;
  tenantId: string;
  appId: string;
}

/**
 * Which subscriptions were steered, and in which order with what this process has read: each act that it learns of has
 * a number, and what is read remembers the number of the last act before it.
 */
export class SteeringMemory {
  private last = 0;
  /** Of acts up to this number nothing is remembered but that they were: they count for every subscription. */
  private forgottenUpTo = 0;
  /** In the order of their acts. */
  private readonly lastOf = new Map<string, number>();

  /** The number of the last act that this process has learned of: taken before a statement, it is older than what that reads. */
  now(): number {
    return this.last;
  }

  apply(steered: Steered[]): void {
    if (steered.length === 0) return;
    this.last++;
    for (const one of steered) {
      const key = 'subscriptionId' in one ? one.subscriptionId : keyOfApp(one);
      this.lastOf.delete(key);
      this.lastOf.set(key, this.last);
    }
    this.forgetOldest();
  }

  /** Acts were missed, and nobody knows whose. */
  applyToAll(): void {
    this.forgottenUpTo = ++this.last;
    this.lastOf.clear();
  }

  /** Whether what was read at `seen` may be out of date. Mostly one comparison: acts are rare. */
  hasSteered(target: Steerable, seen: number): boolean {
    if (seen === this.last) return false;
    const last = Math.max(this.lastOf.get(target.id) ?? 0, this.lastOf.get(keyOfApp(target)) ?? 0);
    return Math.max(last, this.forgottenUpTo) > seen;
  }

  private forgetOldest(): void {
    for (const [key, number] of this.lastOf) {
      if (this.lastOf.size <= MAX_REMEMBERED) return;
      this.lastOf.delete(key);
      this.forgottenUpTo = number;
    }
  }
}

function keyOfApp({ tenantId, appId }: Pick<Steerable, 'tenantId' | 'appId'>): string {
  return `${tenantId}\n${appId}`;
}

import { FairSlots } from '../../domain/fairness/fairSlots';
import { Refusal } from '../errors';
import { GroupWriter } from './groupWriter';
import { LockedFlows } from './lockedFlows';
import type { Place } from './place';
import { TenantGroups, type TenantGroupsOptions } from './tenantGroups';

/** Tenants that share a group wait for each other's rows at most so long, and then once for each lock. */
const SHARED_LOCK_TIMEOUT_MS = 50;

export interface FairWriterOptions<In, Out> extends Omit<TenantGroupsOptions<In, Out>, 'lockedFlows'> {
  /** How long a shared group gathers (`GroupWriter`). Default 0. */
  gatherMs?: number;
  /** So many may wait. A tenant may have as many waiting as it leaves free: half of them when it is alone. Default: any. */
  maxWaiting?: number;
}

interface Placed<In> {
  item: In;
  place: Place;
}

/**
 * Writes what many tenants submit, so that none waits for another's rows, locks or share of the work. Light items of all
 * tenants share groups, as cheap as group commit can be: one group at a time of those that lock nothing others need, one
 * of those that do. Everything else is written by tenant, several groups at once (`TenantGroups`). A shared group that fails
 * for one of its items is written by tenant too, and a tenant that met a locked row shares nothing for a while.
 */
export class FairWriter<In, Out> {
  private readonly lockedFlows = new LockedFlows();
  private readonly shared: Record<'free' | 'locking', GroupWriter<Placed<In>, Out>>;
  private readonly byTenant: TenantGroups<In, Out>;
  /** Places to wait in. */
  private readonly places: FairSlots;

  constructor(private readonly options: FairWriterOptions<In, Out>) {
    this.places = new FairSlots({ slots: options.maxWaiting ?? Number.POSITIVE_INFINITY });
    this.byTenant = new TenantGroups({ ...options, lockedFlows: this.lockedFlows });
    this.shared = { free: this.sharedWriter(), locking: this.sharedWriter() };
  }

  /** @throws Refusal 503 with retryAfterS when too many of the tenant's wait, or a row that it needs stays locked. */
  async submit(item: In, place: Place): Promise<Out> {
    const { tenantId } = place;
    const share = { tenantId, flow: '' };
    if (!this.places.tryEnter(share)) throw new Refusal(503, 'too many requests wait to be written', undefined, 1);
    try {
      const shared = place.shares !== null && !this.lockedFlows.hasTenant(tenantId) ? this.shared[place.shares] : null;
      return await (shared ? shared.submit({ item, place }) : this.byTenant.submit(item, place));
    } finally {
      this.places.leave(share);
    }
  }

  /** The tenant shares no groups for a minute: one of its items was none of the light ones that it was taken for. */
  keepApart(tenantId: string): void {
    this.lockedFlows.noteTenant(tenantId);
  }

  private sharedWriter(): GroupWriter<Placed<In>, Out> {
    const { write, maxItems, gatherMs, isContentError, isLockTimeout } = this.options;
    const options = { lockTimeoutMs: SHARED_LOCK_TIMEOUT_MS, isShared: true };
    return new GroupWriter({
      maxItems,
      gatherMs,
      share: ({ place }) => place,
      write: (group) =>
        write(
          group.map(({ item }) => item),
          options,
        ),
      rescue: ({ item, place }, error) =>
        isContentError(error) || isLockTimeout(error) ? this.byTenant.submit(item, place) : null,
    });
  }
}

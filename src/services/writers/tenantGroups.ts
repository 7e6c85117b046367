import { FairSlots } from '../../domain/fairness/fairSlots';
import { groupBy } from '../../domain/groupBy';
import { Refusal } from '../errors';
import { type Flow, keyOf, partition, type Waiting } from './flow';
import type { LockedFlows } from './lockedFlows';
import type { Place, WriteOptions } from './place';

/** What a tenant writes whose rows nobody has locked: all its flows together. No topic and no id is this text. */
const TOGETHER = '';
/** A group that shares rows with its tenant's other flows gives up a lock soon: they wait for the same writer. */
const LOCK_TIMEOUT_MS = 100;
/** A flow that is known to meet a lock waits longer at a time, to keep its place among those who wait for the same row. */
const LOCKED_FLOW_TIMEOUT_MS = 500;
/** And leaves its writer to others in between. */
const PAUSE_MS = 200;

export interface TenantGroupsOptions<In, Out> {
  /** Writes a group in one transaction; answers one result per item, in order. */
  write(items: In[], options: WriteOptions): Promise<Out[]>;
  /** Groups written at once. */
  writers: number;
  maxItems: number;
  /** Further limits of a group: each weigher's sum stays at or below its limit, a group of one excepted. */
  limits?: { weigh(item: In, place: Place): number; max: number }[];
  /** Whether a group failed for what one of its items holds; then each is written on its own. */
  isContentError(error: unknown): boolean;
  /** Whether a group failed because a row that it needs stayed locked. */
  isLockTimeout(error: unknown): boolean;
  /** What met nothing but locked rows for so long is refused with 503. */
  lockedForMs: number;
  lockedFlows: LockedFlows;
  /** Milliseconds until the tenant's next group may be written. Default 0. */
  waitMs?(tenantId: string): number;
}

/**
 * Group commit for each tenant apart, several groups at once: whose turn it is says `FairSlots`, so no tenant holds all
 * writers. A group that meets a locked row is split by flow; then only the flow that needs that row waits for it, and
 * holds a writer for half a second at a time.
 */
export class TenantGroups<In, Out> {
  private readonly flows = new Map<string, Flow<In, Out>>();
  private readonly slots: FairSlots;

  constructor(private readonly options: TenantGroupsOptions<In, Out>) {
    this.slots = new FairSlots({ slots: options.writers });
  }

  submit(item: In, place: Place): Promise<Out> {
    const { lockedFlows, lockedForMs } = this.options;
    const name = lockedFlows.has(place.tenantId, place.flow) ? place.flow : TOGETHER;
    return new Promise((resolve, reject) => {
      const giveUpAt = performance.now() + lockedForMs;
      this.add(place.tenantId, name, [{ item, place, giveUpAt, resolve, reject }]);
    });
  }

  private add(tenantId: string, name: string, items: Waiting<In, Out>[]): Flow<In, Out> {
    const key = keyOf(tenantId, name);
    let flow = this.flows.get(key);
    if (!flow) {
      flow = { tenantId, name, waiting: [], isBusy: false, isLocked: false };
      this.flows.set(key, flow);
    }
    flow.waiting.push(...items);
    if (!flow.isBusy) this.enter(flow);
    return flow;
  }

  private enter(flow: Flow<In, Out>): void {
    flow.isBusy = true;
    const waitMs = this.options.waitMs?.(flow.tenantId) ?? 0;
    if (waitMs > 0) setTimeout(() => this.enterWriters(flow), waitMs);
    else this.enterWriters(flow);
  }

  private enterWriters(flow: Flow<In, Out>): void {
    const { tenantId, name } = flow;
    const cost = this.groupOf(flow).reduce((sum, { place }) => sum + place.cost, 0);
    const seat = { tenantId, flow: name, cost, start: () => void this.takeTurn(flow).finally(() => this.leave(flow)) };
    this.slots.enter(seat);
  }

  private leave(flow: Flow<In, Out>): void {
    const { tenantId, name, waiting, isLocked } = flow;
    if (waiting.length === 0) this.flows.delete(keyOf(tenantId, name));
    else if (isLocked) setTimeout(() => this.enter(flow), PAUSE_MS);
    else this.enter(flow);
    this.slots.leave({ tenantId, flow: name });
  }

  private takeTurn(flow: Flow<In, Out>): Promise<void> {
    const group = this.groupOf(flow);
    flow.waiting.splice(0, group.length);
    return this.write(flow, group);
  }

  private groupOf({ waiting, isLocked }: Flow<In, Out>): Waiting<In, Out>[] {
    const { maxItems, limits = [] } = this.options;
    const sums = limits.map(() => 0);
    let size = 0;
    for (const { item, place } of waiting) {
      if (size >= (isLocked ? 1 : maxItems)) break;
      for (const [i, limit] of limits.entries()) sums[i] = (sums[i] ?? 0) + limit.weigh(item, place);
      if (size > 0 && limits.some((limit, i) => (sums[i] ?? 0) > limit.max)) break;
      size++;
    }
    return waiting.slice(0, size);
  }

  private async write(flow: Flow<In, Out>, group: Waiting<In, Out>[]): Promise<void> {
    const { isContentError, isLockTimeout } = this.options;
    const lockTimeoutMs = flow.name === TOGETHER ? LOCK_TIMEOUT_MS : LOCKED_FLOW_TIMEOUT_MS;
    try {
      const items = group.map(({ item }) => item);
      const results = await this.options.write(items, { lockTimeoutMs, isShared: false });
      for (const [i, { resolve }] of group.entries()) resolve(results[i] as Out);
      flow.isLocked = false;
    } catch (error) {
      if (isLockTimeout(error)) this.writeLater(flow, group);
      else if (group.length > 1 && isContentError(error)) {
        // Nobody fails for a stranger's content.
        for (const one of group) await this.write(flow, [one]);
      } else for (const { reject } of group) reject(error);
    }
  }

  /** Each flow of the group on its own from now on; the one that alone meets the lock is known by it. */
  private writeLater({ tenantId, name }: Flow<In, Out>, group: Waiting<In, Out>[]): void {
    const parts = groupBy(group, ({ place }) => place.flow);
    for (const [flowName, items] of parts) {
      const [late, inTime] = partition(items, ({ giveUpAt }) => performance.now() > giveUpAt);
      for (const { reject } of late) reject(stillLocked());
      const isAlone = parts.size === 1;
      if (isAlone) this.options.lockedFlows.note(tenantId, flowName);
      if (inTime.length === 0) continue;
      const flow = this.add(tenantId, flowName, inTime);
      if (isAlone && name === flowName) flow.isLocked = true;
    }
  }
}

function stillLocked(): Refusal {
  return new Refusal(503, 'another change holds the subscriptions that this concerns: try again', undefined, 1);
}

import type { MembershipRead } from '../../db/membership';
import { inFlightShare, type ShareView } from '../../domain/inFlightShare';
import { elapsedMs, type Instant } from '../instant';

/** A process that could not say for so long that it lives begins no calls: by whichever of its clocks saw more time pass. */
export const BEGINS_NOTHING_AFTER_MS = 5000;
/** Longer: by PostgreSQL's clock, counted from when the process was last heard of. */
export const GONE_AFTER_MS = 7000;
/** The longest timeout that a subscription can have. */
const MAX_TIMEOUT_MS = 60_000;

const NOT_A_MEMBER: ShareView = { at: -1, size: 0 };

/** What a share is computed from. */
export interface Sharing {
  id: string;
  maxInFlight: number;
  timeoutMs: number;
}

export interface InFlightSharesOptions {
  processId: string;
  /** Subscriptions with calls under way here, and what is shared of each. */
  inFlight(): Iterable<{ sharing: Sharing; count: number }>;
  /** Slots of the subscription that this process has leased. */
  leased(sharing: Sharing): number;
  /** Shares may have grown. */
  onChanged(): void;
  /** This process was silent for too long: what it leased may be another's. */
  onLapsed(): void;
}

/**
 * This process's part of each subscription's `maxInFlight`, such that the parts of all processes never exceed it together.
 *
 * The processes agree on a numbered membership, and each says in its row which number it keeps to. Until all keep to the
 * newest one, a process has the least of what it had and what it is going to have; so whoever joins has nothing, and nobody uses what another
 * one gives up before that one has said so. A subscription with more calls under way in some process than its new part
 * is named in that process's row, and stays with the least everywhere until these have ended.
 */
export class InFlightShares {
  private epoch = -1;
  /** The newest last. The ones before are kept while they may still be in use somewhere. */
  private views: ShareView[] = [NOT_A_MEMBER];
  private isAgreed = false;
  private over = new Set<string>();
  /** By the monotonic clock: when the last process that vanished must have begun its last call. */
  private lastCallBegunAtMs = Number.NEGATIVE_INFINITY;
  private heardAt: Instant | null = null;

  constructor(private readonly options: InFlightSharesOptions) {}

  /** Whether this process may begin calls at all. */
  get isHeld(): boolean {
    return this.heardAt !== null && elapsedMs(this.heardAt) <= BEGINS_NOTHING_AFTER_MS;
  }

  /** Whether all processes keep to the membership that this one knows, and none is over. */
  get isSettled(): boolean {
    return this.isAgreed && this.over.size === 0 && !this.mayStillBeCalling(MAX_TIMEOUT_MS);
  }

  /** How many calls of the subscription this process may have under way now. */
  of(sharing: Sharing): number {
    if (!this.isHeld) return 0;
    const newest = this.views.at(-1) ?? NOT_A_MEMBER;
    if (this.isSettledFor(sharing)) return this.partIn(newest, sharing);
    let least = Number.POSITIVE_INFINITY;
    for (const view of this.views) least = Math.min(least, this.partIn(view, sharing));
    return least;
  }

  /** Whether its calls are leased one by one, and may be now. */
  mayLease(sharing: Sharing): boolean {
    if (!this.isHeld) return false;
    const views = this.isSettledFor(sharing) ? this.views.slice(-1) : this.views;
    return views.every((view) => shareIn(view, sharing) === null);
  }

  /** For this process's row: what it keeps to, and which subscriptions have more calls under way than that gives it. */
  toSay(): { epoch: number; over: string[] } {
    const newest = this.views.at(-1) ?? NOT_A_MEMBER;
    const over: string[] = [];
    for (const { sharing, count } of this.options.inFlight()) {
      if (count > this.partIn(newest, sharing)) over.push(sharing.id);
    }
    return { epoch: this.epoch, over };
  }

  /** It was silent for so long that others may have taken its part. */
  lapse(): void {
    if (this.heardAt === null || this.isHeld) return;
    this.views = [NOT_A_MEMBER];
    this.epoch = -1;
    this.isAgreed = false;
    this.options.onLapsed();
  }

  /** @param askedAt before the statement that said `toSay`. @returns whether something new has to be said at once. */
  hear({ epoch, members, processes }: MembershipRead, askedAt: Instant): boolean {
    this.heardAt = askedAt;
    const { processId } = this.options;
    const isNew = epoch !== this.epoch;
    if (isNew) {
      this.epoch = epoch;
      this.views.push({ at: members.indexOf(processId), size: members.length });
      this.isAgreed = false;
    } else {
      const byId = new Map(processes.map((one) => [one.id, one]));
      // One without a row has left, and had nothing under way.
      this.isAgreed = members.every((id) => {
        const said = byId.get(id)?.epoch;
        return said === undefined || said === null || said === epoch;
      });
    }
    const others = processes.filter(({ id }) => id !== processId);
    this.over = new Set(others.flatMap((one) => (one.silentMs <= GONE_AFTER_MS ? one.over : [])));
    // Whoever begins anew after a crash, alone, would wait a minute for calls that ended with their process.
    const gone = members.length > 1 ? others.filter((one) => one.silentMs > GONE_AFTER_MS) : [];
    const silentMs = Math.min(Number.POSITIVE_INFINITY, ...gone.map((one) => one.silentMs));
    this.lastCallBegunAtMs = performance.now() - silentMs + BEGINS_NOTHING_AFTER_MS;
    if (this.isSettled) this.views = this.views.slice(-1);
    this.options.onChanged();
    return isNew;
  }

  private isSettledFor({ id, timeoutMs }: Sharing): boolean {
    return this.isAgreed && !this.over.has(id) && !this.mayStillBeCalling(timeoutMs);
  }

  private mayStillBeCalling(timeoutMs: number): boolean {
    return performance.now() - this.lastCallBegunAtMs <= timeoutMs;
  }

  private partIn(view: ShareView, sharing: Sharing): number {
    return shareIn(view, sharing) ?? this.options.leased(sharing);
  }
}

function shareIn(view: ShareView, { id: subscriptionId, maxInFlight }: Sharing): number | null {
  return inFlightShare({ subscriptionId, maxInFlight }, view);
}

/** The processes that a membership should have now, sorted. */
export function livingOf({ processes }: MembershipRead): string[] {
  return processes
    .filter(({ silentMs }) => silentMs <= GONE_AFTER_MS)
    .map(({ id }) => id)
    .sort();
}

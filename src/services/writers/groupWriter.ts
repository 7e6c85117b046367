import { FairQueue, type Share } from '../../domain/fairness/fairQueue';
import { Refusal } from '../errors';

export interface GroupWriterOptions<In, Out> {
  /** Writes a group in one transaction; answers one result per item, in order. */
  write(items: In[]): Promise<Out[]>;
  maxItems: number;
  /** After a group of several the next one gathers for so long, or until it is full. Default 0. */
  gatherMs?: number;
  /** More than so many waiting: `submit` refuses with 503. */
  maxWaiting?: number;
  /** Whose item it is: tenants take turns at the places of a group. Default: all items are one tenant's. */
  share?(item: In): Share;
  /**
   * Writes an item of a failed group by another way, which nobody in this writer waits for.
   *
   * @returns null when the item fails as its group did.
   */
  rescue?(item: In, error: unknown): Promise<Out> | null;
}

interface Waiting<In, Out> {
  item: In;
  resolve(result: Out): void;
  reject(error: unknown): void;
}

const ONE_FOR_ALL: Share = { tenantId: '', flow: '' };

/**
 * Group commit: what is submitted while a write is under way gathers and shares the next one. Alone, an item is written at
 * once; nobody waits on a timer unless `gatherMs` says so.
 */
export class GroupWriter<In, Out> {
  private readonly waiting = new FairQueue<Waiting<In, Out>>();
  private writing = false;

  constructor(private readonly options: GroupWriterOptions<In, Out>) {}

  submit(item: In): Promise<Out> {
    const { maxWaiting = Number.POSITIVE_INFINITY, share } = this.options;
    if (this.waiting.size >= maxWaiting) {
      return Promise.reject(new Refusal(503, 'too many requests wait to be written', undefined, 1));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject }, share?.(item) ?? ONE_FOR_ALL);
      if (!this.writing) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.writing = true;
    const { maxItems, gatherMs = 0 } = this.options;
    while (this.waiting.size > 0) {
      const group = this.takeGroup();
      await this.writeGroup(group);
      if (gatherMs > 0 && group.length > 1 && this.waiting.size < maxItems) {
        await new Promise((resolve) => setTimeout(resolve, gatherMs));
      }
    }
    this.writing = false;
  }

  private takeGroup(): Waiting<In, Out>[] {
    const group: Waiting<In, Out>[] = [];
    while (group.length < this.options.maxItems) {
      const next = this.waiting.shift();
      if (!next) break;
      group.push(next);
    }
    return group;
  }

  private async writeGroup(group: Waiting<In, Out>[]): Promise<void> {
    try {
      const results = await this.options.write(group.map(({ item }) => item));
      for (const [i, { resolve }] of group.entries()) resolve(results[i] as Out);
    } catch (error) {
      for (const { item, resolve, reject } of group) {
        const rescued = this.options.rescue?.(item, error);
        if (rescued) rescued.then(resolve, reject);
        else reject(error);
      }
    }
  }
}

import { Refusal } from './errors';

export interface GroupWriterOptions<In, Out> {
  /** Writes a group in one transaction; answers one result per item, in order. */
  write(items: In[]): Promise<Out[]>;
  maxItems: number;
  /** After a group of several the next one gathers for so long, or until it is full. Default 0. */
  gatherMs?: number;
  /** Further limits of a group: each weigher's sum stays at or below its limit, a group of one excepted. */
  limits?: { weigh(item: In): number; max: number }[];
  /** More than so many waiting: `submit` refuses with 503. */
  maxWaiting?: number;
  /** Whether a failed group failed for what one of its items holds; then each is written on its own. */
  isContentError?(error: unknown): boolean;
}

interface Waiting<In, Out> {
  item: In;
  resolve(result: Out): void;
  reject(error: unknown): void;
}

/**
 * Group commit: what is submitted while a write is under way gathers and shares the next one. Alone, an item is written at
 * once; nobody waits on a timer unless `gatherMs` says so.
 */
export class GroupWriter<In, Out> {
  private waiting: Waiting<In, Out>[] = [];
  private writing = false;

  constructor(private readonly options: GroupWriterOptions<In, Out>) {}

  submit(item: In): Promise<Out> {
    const { maxWaiting = Number.POSITIVE_INFINITY } = this.options;
    if (this.waiting.length >= maxWaiting) {
      return Promise.reject(new Refusal(503, 'too many requests wait to be written', undefined, 1));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.writing) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.writing = true;
    const { maxItems, gatherMs = 0 } = this.options;
    while (this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.groupSize());
      await this.writeGroup(group);
      if (gatherMs > 0 && group.length > 1 && this.waiting.length < maxItems) {
        await new Promise((resolve) => setTimeout(resolve, gatherMs));
      }
    }
    this.writing = false;
  }

  private groupSize(): number {
    const { maxItems, limits = [] } = this.options;
    const sums = limits.map(() => 0);
    let size = 0;
    for (const { item } of this.waiting) {
      if (size >= maxItems) break;
      for (const [i, limit] of limits.entries()) sums[i] = (sums[i] ?? 0) + limit.weigh(item);
      if (size > 0 && limits.some((limit, i) => (sums[i] ?? 0) > limit.max)) break;
      size++;
    }
    return size;
  }

  private async writeGroup(group: Waiting<In, Out>[]): Promise<void> {
    try {
      const results = await this.options.write(group.map(({ item }) => item));
      for (const [i, { resolve }] of group.entries()) resolve(results[i] as Out);
    } catch (error) {
      if (group.length > 1 && this.options.isContentError?.(error)) {
        // Nobody fails for a stranger's content.
        for (const one of group) await this.writeGroup([one]);
      } else {
        for (const { reject } of group) reject(error);
      }
    }
  }
}

import type { Place } from './place';

/** An item that waits to be written. */
export interface Waiting<In, Out> {
  item: In;
  place: Place;
  /** By this process's monotonic clock: no further wait for a lock begins after it. */
  giveUpAt: number;
  resolve(result: Out): void;
  reject(error: unknown): void;
}

/** What of one tenant is written together. */
export interface Flow<In, Out> {
  tenantId: string;
  name: string;
  waiting: Waiting<In, Out>[];
  /** It waits for a writer, has one, or pauses between two. */
  isBusy: boolean;
  /** Its last group met a locked row: the next one is of one item, which finds out whether that has changed. */
  isLocked: boolean;
}

export function keyOf(tenantId: string, name: string): string {
  return `${tenantId}\n${name}`;
}

export function partition<T>(all: T[], isFirst: (one: T) => boolean): [T[], T[]] {
  return [all.filter(isFirst), all.filter((one) => !isFirst(one))];
}

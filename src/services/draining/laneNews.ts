import type { LaneRef } from '../../db/carrying/steerLanes';

/** Tells a stretch that lingers over an empty lane of what this process accepted for it. */
export class LaneNews {
  private readonly listeners = new Map<string, () => void>();

  tell(lane: LaneRef): void {
    this.listeners.get(keyOf(lane))?.();
  }

  /** Resolves at the next news of the lane, or after so long. One at a time listens for a lane. */
  async wait(lane: LaneRef, withinMs: number): Promise<void> {
    const key = keyOf(lane);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.listeners.set(key, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.listeners.delete(key);
  }
}

function keyOf({ subscriptionId, topic }: LaneRef): string {
  return `${subscriptionId}/${topic}`;
}

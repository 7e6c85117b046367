/** Slow start: one at once, and one more with every answer that shows the receiver there, so twice as many each round. */
export class Ramp {
  private width = 1;

  grow(): void {
    this.width++;
  }

  /** How many may be under way now, with `limit` at most. */
  under(limit: number): number {
    // For a moment a process may have none of its subscription's calls: the slow start goes on after it.
    this.width = Math.min(this.width, Math.max(1, limit));
    return Math.min(this.width, limit);
  }
}

/** Wakes who waits for something to end; who is busy when it rings does not wait after that. */
export class Bell {
  private isRung = false;
  private wake = () => {};

  ring(): void {
    this.isRung = true;
    this.wake();
  }

  /** Resolves at the next ring since the last wait, or after so long. */
  async wait(withinMs: number): Promise<void> {
    if (!this.isRung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.isRung = false;
    this.wake = () => {};
  }
}

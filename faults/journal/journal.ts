import { mkdirSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Entry, NewEntry } from './entries';

/** All that driver and receiver did in one case, one line of JSON each, on disk before whoever wrote it goes on. */
export class Journal {
  readonly entries: Entry[] = [];
  private waiting: { line: string; resolve(): void; reject(error: unknown): void }[] = [];
  private isWriting = false;
  private isClosed = false;

  private constructor(
    readonly name: string,
    private readonly file: FileHandle,
  ) {}

  static async open({ name, path }: { name: string; path: string }): Promise<Journal> {
    mkdirSync(dirname(path), { recursive: true });
    return new Journal(name, await open(path, 'a'));
  }

  /**
   * Resolves when the entry is on disk. What is written meanwhile shares one sync. After the end it is dropped: a case that
   * threw leaves calls under way, and their rejections would end the harness before its verdict.
   */
  append(entry: NewEntry): Promise<void> {
    return this.isClosed ? Promise.resolve() : this.write(entry);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.write({ kind: 'healed', what: 'the end of the journal' });
    await this.file.close();
  }

  private write(entry: NewEntry): Promise<void> {
    const timed = { atMs: Math.round(performance.now() * 1000) / 1000, ...entry } as Entry;
    this.entries.push(timed);
    return new Promise((resolve, reject) => {
      this.waiting.push({ line: `${JSON.stringify(timed)}\n`, resolve, reject });
      if (!this.isWriting) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const group = this.waiting;
      this.waiting = [];
      try {
        await this.file.appendFile(group.map(({ line }) => line).join(''));
        await this.file.datasync();
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.isWriting = false;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { DemoError } from './options';

const READY_WITHIN_MS = 30_000;
/** What the demonstration waits for beside what `/readyz` asks of a role. */
const NEEDED = ['temporal', 'worker'];

/** Calls one Postrider with one key. */
export class Api {
  constructor(
    readonly url: string,
    private readonly key: string,
  ) {}

  with(key: string): Api {
    return new Api(this.url, key);
  }

  /**
   * @param input.allow statuses beyond 2xx that are in order: a 409 for what an earlier run has made.
   * @returns the body of the answer.
   * @throws DemoError for every other answer, with what it says.
   */
  async call<Answer = unknown>(
    method: string,
    path: string,
    input: { body?: unknown; mediaType?: string; allow?: number[] } = {},
  ): Promise<Answer> {
    const { status, text } = await this.send(method, path, input);
    if ((status < 200 || status > 299) && !input.allow?.includes(status)) {
      throw new DemoError(`${method} ${path} is answered with ${status}: ${explain(status, text)}`);
    }
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }

  /** Right after its start a Postrider accepts events, but has no worker yet. */
  async waitUntilReady(): Promise<void> {
    const deadline = performance.now() + READY_WITHIN_MS;
    for (;;) {
      const { status, text } = await this.send('GET', '/readyz');
      if (status === 200 && !NEEDED.some((part) => JSON.parse(text).degraded.includes(part))) return;
      if (performance.now() > deadline) throw new DemoError(`${this.url} is not ready: ${text}`);
      await sleep(250);
    }
  }

  private async send(
    method: string,
    path: string,
    { body, mediaType = 'application/json' }: { body?: unknown; mediaType?: string } = {},
  ): Promise<{ status: number; text: string }> {
    try {
      const response = await fetch(this.url + path, {
        method,
        headers: { authorization: this.key, ...(body !== undefined && { 'content-type': mediaType }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new DemoError(
        `No Postrider answers at ${this.url} (${cause}). Start one with npm start in another terminal, or name it with --url.`,
      );
    }
  }
}

function explain(status: number, text: string): string {
  if (status === 401) return 'the operator key is not that of this Postrider. Give --data-dir or OPERATOR_KEY.';
  try {
    const { detail }: { detail?: string } = JSON.parse(text);
    return detail ?? text;
  } catch {
    return text;
  }
}

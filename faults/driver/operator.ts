import { waitFor } from '../../src/embedded/processes';

const CALL_TIMEOUT_MS = 15_000;
const TRY_FOR_MS = 60_000;

/** Calls of the public API that set up a case or steer it: repeated until an API answers them. */
export class Operator {
  private turn = 0;

  constructor(private readonly options: { urls(): string[]; key: string }) {}

  /** @throws with the answer when it is no success; with the last fault when no API answers within a minute. */
  async call<T>(method: string, path: string, body?: object): Promise<T> {
    let fault: unknown;
    const answered = await waitFor({
      timeoutMs: TRY_FOR_MS,
      intervalMs: 500,
      condition: async () => {
        const urls = this.options.urls();
        const url = urls[this.turn++ % urls.length];
        return this.once(`${url}${path}`, method, body).catch((error) => {
          fault = error;
          return null;
        });
      },
    });
    if (!answered) throw fault;
    if (answered.status >= 400) throw new Error(`${method} ${path} answered ${answered.status}: ${answered.text}`);
    return JSON.parse(answered.text || 'null');
  }

  private async once(url: string, method: string, body?: object): Promise<{ status: number; text: string }> {
    const response = await fetch(url, {
      method,
      headers: { authorization: this.options.key, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status >= 500) throw new Error(`${method} ${url} answered ${response.status}: ${text}`);
    return { status: response.status, text };
  }
}

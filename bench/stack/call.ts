const CALL_TIMEOUT_MS = 15_000;

/** One call with JSON in and out. @throws for an answer that is no 2xx. */
export type Call = <T>(method: string, path: string, body?: object, mediaType?: string) => Promise<T>;

/** Calls of one key; keep-alive connections are shared by all. */
export function callAs(url: string, key: string): Call {
  return async (method, path, body, mediaType = 'application/json') => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': mediaType }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

const AT_ONCE = 16;

/** Calls `make` for 0 to count - 1, a few at once. */
export async function atOnce<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next++;
      made[index] = await make(index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return made;
}

import type { Dispatcher, Pool } from 'undici';

export interface PostRequest {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** undici's `dispatch` and not its `request`: the driver runs on the cores of what it measures. */
export function post(pool: Pool, request: PostRequest): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    let status = 0;
    let body = '';
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, statusCode) {
        status = statusCode;
      },
      onResponseData(_controller, chunk) {
        body += chunk.toString();
      },
      onResponseEnd() {
        resolve({ status, body });
      },
      onResponseError(_controller, error) {
        reject(error);
      },
    };
    pool.dispatch({ method: 'POST', ...request }, handler);
  });
}

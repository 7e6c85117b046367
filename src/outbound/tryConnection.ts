import { CallbackUrlError, parseCallbackUrl } from './callbackUrl';
import { classifyFault } from './classifyFault';
import type { Connector } from './connector';

/** Opens one connection (TLS included, for https) and closes it. @returns why that failed, in one line, or null. */
export function tryConnection(
  connect: Connector,
  { url: text, timeoutMs }: { url: string; timeoutMs: number },
): Promise<string | null> {
  let url: URL;
  try {
    url = parseCallbackUrl(text);
  } catch (error) {
    if (error instanceof CallbackUrlError) return Promise.resolve(error.message);
    throw error;
  }
  const { protocol, port } = url;
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ hostname, protocol, port, host: url.host }, (...[error]) => end(error));
    const deadline = setTimeout(() => end(null, `no connection within ${timeoutMs} ms`), timeoutMs);
    function end(error: Error | null, failure: string | null = error && classifyFault(error).message): void {
      clearTimeout(deadline);
      socket.destroy();
      resolve(failure);
    }
  });
}

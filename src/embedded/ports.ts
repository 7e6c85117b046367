import { createServer } from 'node:net';
import { waitFor } from './processes';

export const LOOPBACK = '127.0.0.1';

/** A server that was killed a moment ago may not have let go of its port yet. */
const RELEASE_GRACE_MS = 1_000;

/** A port on 127.0.0.1 that nobody listens on: `preferred` where that is free, so that URLs outlive a restart. */
export async function choosePort(preferred?: number): Promise<number> {
  if (preferred !== undefined) {
    const kept = await waitFor({ condition: () => listenOnce(preferred), timeoutMs: RELEASE_GRACE_MS });
    if (kept !== null) return kept;
  }
  const port = await listenOnce(0);
  if (port === null) throw new Error(`no free port on ${LOOPBACK}`);
  return port;
}

function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : null));
    });
  });
}

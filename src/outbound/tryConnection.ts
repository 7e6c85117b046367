import { CallbackUrlError, parseCallbackUrl, targetOf } from './callbackUrl';
import { CallFault, classifyFault, type Fault } from './classifyFault';
import { type Connector, NOBODY } from './connector';

export interface ConnectRequest {
  url: string;
  /** For DNS, connecting and TLS. */
  timeoutMs: number;
  /** As in `PostRequest`. */
  share?: { tenantId: string; flow: string };
  /** As in `PostRequest`. */
  startWithinMs?: number;
}

export interface ConnectFailure {
  fault: Fault;
  /** In one line. */
  error: string;
}

function failureOf(cause: Error): ConnectFailure {
  const { fault, message } = classifyFault(cause);
  return { fault, error: message };
}

/** Opens one connection (TLS included, for https) and closes it. @returns why that failed, or null. */
export function tryConnection(
  connect: Connector,
  { url: text, timeoutMs, share = NOBODY, startWithinMs = timeoutMs }: ConnectRequest,
): Promise<ConnectFailure | null> {
  let url: URL;
  try {
    url = parseCallbackUrl(text);
  } catch (error) {
    if (error instanceof CallbackUrlError) return Promise.resolve({ fault: 'protocol', error: error.message });
    throw error;
  }
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const endAfter = (ms: number, fault: Fault, error: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => end(new CallFault(fault, error)), ms);
    };
    const startDeadline = () => endAfter(timeoutMs, 'timeout', `no connection within ${timeoutMs} ms`);
    startDeadline();
    const opener = {
      ...{ tenantId: share.tenantId, flow: share.flow },
      onWaiting: (forWhat: string) =>
        endAfter(startWithinMs, 'unsent', `no connection yet: still waiting for ${forWhat}`),
      onTurn: startDeadline,
    };
    const socket = connect(targetOf(url), opener, end);
    function end(cause: Error | null): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(cause && failureOf(cause));
    }
  });
}

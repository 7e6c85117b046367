import { type Answer, Attempt, type PostRequest } from './attempt';
import { CallbackUrlError, parseCallbackUrl } from './callbackUrl';
import { ConnectionPool } from './connectionPool';
import { type ConnectorOptions, createConnector } from './connector';
import { tryConnection } from './tryConnection';

export type { Answer, PostRequest } from './attempt';
export type { Fault } from './classifyFault';

const DEFAULT_MAX_CONNECTIONS_PER_HOST = 256;
const DEFAULT_MAX_CONNECTION_AGE_MS = 60_000;

export interface HttpClientOptions extends ConnectorOptions {
  /**
   * Connections to one origin (scheme, host, port). Default 256. Subscriptions can share a host: while one of them
   * hangs with all its `maxInFlight` attempts, the others need what is left, so this has to be several times the
   * largest `maxInFlight`. What finds none free waits for one, inside its own deadline.
   */
  maxConnectionsPerHost?: number;
  /**
   * A connection this old takes no further request, so that a change of DNS is followed. Default 60,000.
   * 0: every request has a connection of its own.
   */
  maxConnectionAgeMs?: number;
}

export interface HttpClient {
  /**
   * POSTs once: no redirect is followed, no request repeated (one that meets a connection which the receiver is just
   * closing is `reset`, as nobody can know whether it was read). Never throws for what the receiver, the network or
   * the request did: that is the answer.
   */
  post(request: PostRequest): Promise<Answer>;
  /** Opens one connection as an attempt would, and closes it. @returns why that failed, in one line, or null. Never throws. */
  connect(target: { url: string; timeoutMs: number }): Promise<string | null>;
  /** Refuses new requests (`aborted`), waits for those under way, closes every connection. */
  close(): Promise<void>;
}

/** The one way out: HTTP/1.1 over connections that the egress policy has let through. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const connect = createConnector(options);
  const pool = new ConnectionPool({
    connect,
    maxConnectionsPerHost: options.maxConnectionsPerHost ?? DEFAULT_MAX_CONNECTIONS_PER_HOST,
    maxConnectionAgeMs: options.maxConnectionAgeMs ?? DEFAULT_MAX_CONNECTION_AGE_MS,
  });
  const underWay = new Set<Promise<Answer>>();
  let isClosed = false;

  function post(request: PostRequest): Promise<Answer> {
    if (isClosed) return Promise.resolve(unsent('aborted', 'the HTTP client is closed'));
    if (request.signal?.aborted) return Promise.resolve(unsent('aborted', 'aborted before it began'));
    let url: URL;
    try {
      url = parseCallbackUrl(request.url);
    } catch (error) {
      if (error instanceof CallbackUrlError) return Promise.resolve(unsent('protocol', error.message));
      throw error;
    }
    const answer = new Promise<Answer>((onAnswer) => {
      new Attempt({ request, url, origin: pool.origin(url.origin), onAnswer }).start();
    });
    underWay.add(answer);
    void answer.then(() => underWay.delete(answer));
    return answer;
  }

  return {
    post,
    connect: (target) => tryConnection(connect, target),
    async close() {
      isClosed = true;
      await Promise.all(underWay);
      pool.destroyIdle();
    },
  };
}

function unsent(fault: 'aborted' | 'protocol', error: string): Answer {
  const nothing = { statusCode: null, retryAfterMs: null, body: new Uint8Array(0), responseExcerpt: null };
  return { ...nothing, fault, error, durationMs: 0 };
}

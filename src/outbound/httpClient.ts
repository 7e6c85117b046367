import type { Answer, PostRequest } from './answer';
import { Attempt } from './attempt';
import { CallbackUrlError, parseCallbackUrl } from './callbackUrl';
import { CallFault } from './classifyFault';
import { ConnectionPool } from './connectionPool';
import { type ConnectorOptions, createConnector } from './connector';
import { requestBytes } from './http1/requestBytes';
import { createNameLookup } from './names/nameLookup';
import { type EgressProxy, ProxyHealth } from './proxyHealth';
import { type ConnectFailure, type ConnectRequest, tryConnection } from './tryConnection';

export type { Answer, PostRequest } from './answer';
export type { Fault } from './classifyFault';

const DEFAULT_MAX_CONNECTION_AGE_MS = 60_000;
/**
 * Idle connections are closed after 4 s anyway. The bound keeps a process that calls thousands of hosts a second below its
 * limit of open files.
 */
const DEFAULT_MAX_IDLE_CONNECTIONS = 1_000;

export interface HttpClientOptions extends Omit<ConnectorOptions, 'lookup' | 'proxy'> {
  /** Default: one of its own, with the system's hosts file and DNS servers. */
  lookup?: ConnectorOptions['lookup'];
  /** Every connection goes through it. Default: none does. */
  proxy?: EgressProxy | null;
  /**
   * A connection this old takes no further request, so that a change of DNS is followed. Default 60,000.
   * 0: every request has a connection of its own.
   */
  maxConnectionAgeMs?: number;
  /** Connections, to all hosts together, that are kept open without a request. Default 1,000. */
  maxIdleConnections?: number;
}

export interface HttpClient {
  /**
   * POSTs once: no redirect is followed. Only when a connection that served before ends without a byte of an answer is the
   * request made again, once, on a connection of its own. Never throws for what the receiver, the network or the request did:
   * that is the answer.
   */
  post(request: PostRequest): Promise<Answer>;
  /** Opens one connection as an attempt would, and closes it. @returns why that failed, or null. Never throws. */
  connect(request: ConnectRequest): Promise<ConnectFailure | null>;
  /** This process stops: ends what is under way (`handed_over`), and refuses new requests (`unsent`). */
  handOver(): void;
  /** Refuses new requests (`aborted`), waits for those under way, closes every connection. */
  close(): Promise<void>;
}

/**
 * The way out: HTTP/1.1 over connections that the egress policy has let through. Nobody waits for a connection here; the
 * callers bound how many they use at once.
 */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const proxy = options.proxy ? new ProxyHealth(options.proxy) : null;
  const connect = createConnector({ ...options, proxy, lookup: options.lookup ?? createNameLookup() });
  const pool = new ConnectionPool({
    connect,
    maxConnectionAgeMs: options.maxConnectionAgeMs ?? DEFAULT_MAX_CONNECTION_AGE_MS,
    maxIdleConnections: options.maxIdleConnections ?? DEFAULT_MAX_IDLE_CONNECTIONS,
  });
  const underWay = new Map<Attempt, Promise<Answer>>();
  let isClosed = false;
  let isHandedOver = false;

  function post(request: PostRequest): Promise<Answer> {
    if (isHandedOver) return Promise.resolve(unsent('unsent', 'this process stops'));
    if (isClosed) return Promise.resolve(unsent('aborted', 'the HTTP client is closed'));
    if (request.signal?.aborted) return Promise.resolve(unsent('aborted', 'aborted before it began'));
    let url: URL;
    let bytes: Buffer;
    try {
      url = parseCallbackUrl(request.url);
      bytes = requestBytes({ ...request, url });
    } catch (error) {
      if (error instanceof CallbackUrlError || error instanceof CallFault)
        return Promise.resolve(unsent('protocol', error.message));
      throw error;
    }
    let onAnswer: (answer: Answer) => void = () => undefined;
    const attempted = new Promise<Answer>((resolve) => {
      onAnswer = resolve;
    });
    const answer = proxy ? attempted.then((its) => blameProxy(its, proxy)) : attempted;
    const attempt = new Attempt({ request, bytes, origin: pool.origin(url), onAnswer });
    underWay.set(attempt, answer);
    void answer.then(() => underWay.delete(attempt));
    attempt.start();
    return answer;
  }

  return {
    post,
    connect: (request) => tryConnection(connect, request),
    handOver() {
      isHandedOver = true;
      for (const attempt of underWay.keys()) attempt.handOver();
    },
    async close() {
      isClosed = true;
      await Promise.all(underWay.values());
      pool.destroyIdle();
    },
  };
}

/** A connection that ends because its proxy does says nothing of the receiver, who may all the same have been called. */
async function blameProxy(answer: Answer, proxy: ProxyHealth): Promise<Answer> {
  if (answer.fault !== 'reset' || (await proxy.answers())) return answer;
  return { ...answer, fault: 'aborted', error: 'aborted: the proxy of EGRESS_PROXY went away during the call' };
}

function unsent(fault: 'aborted' | 'protocol' | 'unsent', error: string): Answer {
  const nothing = {
    statusCode: null,
    retryAfterMs: null,
    redirect: null,
    body: new Uint8Array(0),
    responseExcerpt: null,
  };
  return { ...nothing, fault, error, durationMs: 0 };
}

import { once } from 'node:events';
import { Socket } from 'node:net';
import { CallFault } from './classifyFault';

/** An HTTP proxy that opens connections by CONNECT. */
export interface EgressProxy {
  host: string;
  port: number;
  /** The value of `Proxy-Authorization`; null: none is sent. */
  authorization: string | null;
}

/** A proxy on the same network answers in milliseconds. Its absence is ours to bear, so nobody's attempt waits for it. */
const CONNECT_WITHIN_MS = 3000;
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END = '\r\n\r\n';

/**
 * What a proxy says of the receiver, by RFC 9110: it got no answer there, or none in time. Every other refusal is the
 * proxy's own (its policy, its load, our credentials), and no receiver can do anything about it.
 */
const OF_THE_RECEIVER: Record<string, CallFault> = {
  502: new CallFault('refused', 'the proxy could not reach the receiver (502)'),
  504: new CallFault('timeout', 'the receiver did not answer the proxy in time (504)'),
};

export interface TunnelEvents {
  /** Waiting for the proxy begins, which is no time of the receiver's. */
  onWaiting(): void;
  /** The proxy is there: from now on it is the receiver's time. */
  onTurn(): void;
}

/** The connection to a proxy, which becomes the one to the receiver. */
export class ProxyTunnel {
  /** Carries the receiver's bytes when `open` has resolved. */
  readonly socket = new Socket();

  constructor(
    private readonly proxy: EgressProxy,
    private readonly events: TunnelEvents,
  ) {
    this.socket.setNoDelay(true);
    // Until the tunnel is open, whoever opens it hears of a fault there.
    this.socket.on('error', () => undefined);
  }

  /**
   * @param address that the egress policy has let through. The proxy is told this and no name, which it could resolve to another one.
   * @throws CallFault `unsent` when the proxy is at fault.
   */
  async open(address: string, port: number): Promise<void> {
    // A socket that was destroyed meanwhile would connect all the same.
    if (this.socket.destroyed) throw new CallFault('aborted', 'aborted before it began');
    await this.#connect();
    const authority = `${address.includes(':') ? `[${address}]` : address}:${port}`;
    const { authorization } = this.proxy;
    const credentials = authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`;
    this.socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`);
    const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(await this.#readHead()) ?? [];
    if (status === undefined) throw ours('gave no HTTP answer');
    if (!status.startsWith('2')) throw OF_THE_RECEIVER[status] ?? ours(`refused (${status})`);
  }

  async #connect(): Promise<void> {
    const { host, port } = this.proxy;
    this.events.onWaiting();
    this.socket.connect({ host, port });
    try {
      await once(this.socket, 'connect', { signal: AbortSignal.timeout(CONNECT_WITHIN_MS) });
    } catch (error) {
      const { code = 'no answer' } = error as NodeJS.ErrnoException;
      throw ours(code === 'ABORT_ERR' ? `did not answer within ${CONNECT_WITHIN_MS} ms` : `is not there (${code})`);
    }
    this.events.onTurn();
  }

  /** Up to the blank line; what comes after it is the receiver's and stays in the socket. */
  #readHead(): Promise<string> {
    const { socket } = this;
    return new Promise((resolve, reject) => {
      let head = Buffer.alloc(0);
      const done = () => {
        socket.off('readable', read);
        socket.off('close', onClose);
      };
      const onClose = () => {
        done();
        reject(ours('closed the connection'));
      };
      const read = () => {
        for (let chunk: Buffer | null = socket.read(); chunk; chunk = socket.read()) {
          head = Buffer.concat([head, chunk]);
          const end = head.indexOf(HEAD_END);
          if (end === -1 && head.length <= MAX_HEAD_BYTES) continue;
          done();
          if (end === -1) return reject(ours('gave an answer that is too long'));
          const rest = head.subarray(end + HEAD_END.length);
          if (rest.length > 0) socket.unshift(rest);
          return resolve(head.subarray(0, end).toString('latin1'));
        }
      };
      socket.on('readable', read);
      socket.on('close', onClose);
    });
  }
}

function ours(what: string): CallFault {
  return new CallFault('unsent', `not sent: the proxy of EGRESS_PROXY ${what}`);
}

import { once } from 'node:events';
import { Socket } from 'node:net';
import { CallFault } from './classifyFault';
import { connectRequest, type ProxyHealth } from './proxyHealth';

/** A proxy on the same network answers in milliseconds. Its absence is ours to bear, so nobody's attempt waits for it. */
const CONNECT_WITHIN_MS = 3000;
/** Opening a connection to a receiver takes a proxy less than that, unless one of the two is in trouble. */
const ANSWER_EXPECTED_WITHIN_MS = 1000;
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
  onWaiting(forWhat: string): void;
  /** The proxy has opened the connection, or it is known to work: from now on it is the receiver's time. */
  onTurn(): void;
}

/** The connection to a proxy, which becomes the one to the receiver. */
export class ProxyTunnel {
  /** Carries the receiver's bytes when `open` has resolved. */
  readonly socket = new Socket();

  constructor(
    private readonly health: ProxyHealth,
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
    this.events.onWaiting('the proxy of EGRESS_PROXY');
    await this.#connect();
    this.socket.write(connectRequest(this.health.proxy, `${address.includes(':') ? `[${address}]` : address}:${port}`));
    const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(await this.#answerHead()) ?? [];
    if (status === undefined) throw ours('gave no HTTP answer');
    if (!status.startsWith('2')) throw OF_THE_RECEIVER[status] ?? ours(`refused (${status})`);
  }

  async #connect(): Promise<void> {
    const { host, port } = this.health.proxy;
    this.socket.connect({ host, port });
    try {
      await once(this.socket, 'connect', { signal: AbortSignal.timeout(CONNECT_WITHIN_MS) });
    } catch (error) {
      const { code = 'no answer' } = error as NodeJS.ErrnoException;
      throw ours(code === 'ABORT_ERR' ? `did not answer within ${CONNECT_WITHIN_MS} ms` : `is not there (${code})`);
    }
  }

  /**
   * Without an answer to CONNECT, either the proxy hangs or the receiver does. Another request, that the proxy answers by itself,
   * tells the two apart.
   */
  async #answerHead(): Promise<string> {
    let isTurn = false;
    const turn = () => {
      if (!isTurn) this.events.onTurn();
      isTurn = true;
    };
    let timer: NodeJS.Timeout | undefined;
    const hangs = new Promise<never>((_, reject) => {
      timer = setTimeout(async () => {
        if (await this.health.answers()) turn();
        else reject(ours('does not answer'));
      }, ANSWER_EXPECTED_WITHIN_MS);
    });
    try {
      return await Promise.race([this.#readHead(), hangs]);
    } finally {
      clearTimeout(timer);
      turn();
    }
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

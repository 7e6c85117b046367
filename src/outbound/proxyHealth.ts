import { Socket } from 'node:net';

/** An HTTP proxy that opens connections by CONNECT. */
export interface EgressProxy {
  host: string;
  port: number;
  /** The value of `Proxy-Authorization`; null: none is sent. */
  authorization: string | null;
}

/** A proxy on the same network answers a request of its own in milliseconds. */
const ANSWER_WITHIN_MS = 3000;
/** A proxy must refuse port 0 by itself (RFC 9110 section 9.3.6), and one that tries it is refused at once. */
const NOWHERE = '127.0.0.1:0';

/** @param authority of the receiver. */
export function connectRequest({ authorization }: EgressProxy, authority: string): string {
  const credentials = authorization === null ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`;
}

/**
 * Whether a proxy works at all, for those whose CONNECT it does not answer and those whose connections end. One question at a time
 * serves all of them.
 */
export class ProxyHealth {
  #asked: Promise<boolean> | null = null;

  constructor(readonly proxy: EgressProxy) {}

  answers(): Promise<boolean> {
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }

  #ask(): Promise<boolean> {
    const { host, port } = this.proxy;
    return new Promise((resolve) => {
      const socket = new Socket();
      const end = (isAnswered: boolean) => {
        clearTimeout(timer);
        socket.destroy();
        resolve(isAnswered);
      };
      const timer = setTimeout(() => end(false), ANSWER_WITHIN_MS);
      socket
        .on('connect', () => socket.write(connectRequest(this.proxy, NOWHERE)))
        .on('data', () => end(true))
        .on('error', () => end(false))
        .on('close', () => end(false));
      socket.connect({ host, port });
    });
  }
}

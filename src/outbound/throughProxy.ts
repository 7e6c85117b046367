import { isIP, type LookupFunction, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { ProxyHealth } from './proxyHealth';
import { ProxyTunnel, type TunnelEvents } from './proxyTunnel';

/** Emitted by the socket when the receiver is connected; its own `connect` is that of the proxy. */
export const TUNNEL_OPEN = 'tunnelOpen';
/** Emitted with the cause when that fails; its own `error` may be about the connection to the proxy. */
export const TUNNEL_FAULT = 'tunnelFault';

export interface ThroughProxy {
  health: ProxyHealth;
  /** `lookup` gives only addresses that may be called. */
  target: { host: string; port: number; lookup: LookupFunction };
  /** null: the receiver is called without TLS. */
  tls: ConnectionOptions | null;
}

/** As `connect` of node:net or node:tls, but through a proxy. */
export function connectThroughProxy({ health, target, tls }: ThroughProxy, events: TunnelEvents): Socket {
  const tunnel = new ProxyTunnel(health, events);
  const isOpen = addressOf(target).then((address) => tunnel.open(address, target.port));
  const socket = tls
    ? connectTls({ ...tls, host: target.host, socket: streamOf(tunnel.socket, isOpen) })
    : tunnel.socket;
  isOpen.then(
    () => {
      if (tls) tunnel.socket.on('error', (error) => socket.destroy(error));
      socket.emit(TUNNEL_OPEN);
    },
    (error: Error) => {
      socket.emit(TUNNEL_FAULT, error);
      socket.destroy();
    },
  );
  return socket;
}

/** The first, as there is no telling what the proxy can reach; IPv4 before IPv6, which more proxies have. */
function addressOf({ host, lookup }: ThroughProxy['target']): Promise<string> {
  if (isIP(host) !== 0) return Promise.resolve(host);
  return new Promise((resolve, reject) => {
    lookup(host, { all: true }, (error, found) => {
      if (error) return reject(error);
      const addresses = typeof found === 'string' ? [found] : found.map(({ address }) => address);
      resolve(addresses.find((address) => isIP(address) === 4) ?? addresses[0] ?? host);
    });
  });
}

/** Node's TLS reads and writes as soon as it is given a stream; this one lets it begin when the tunnel is open. */
function streamOf(socket: Socket, isOpen: Promise<void>): Duplex {
  let mayRead = false;
  const stream = new Duplex({
    read() {
      if (mayRead) socket.resume();
    },
    write(chunk, _encoding, callback) {
      isOpen.then(() => socket.write(chunk, callback), callback);
    },
    final(callback) {
      socket.end(callback);
    },
    destroy(error, callback) {
      socket.destroy();
      callback(error);
    },
  });
  isOpen.then(
    () => {
      mayRead = true;
      socket.on('data', (chunk: Buffer) => {
        if (!stream.push(chunk)) socket.pause();
      });
      socket.on('end', () => stream.push(null));
      socket.on('close', () => stream.destroy());
    },
    () => stream.destroy(),
  );
  return stream;
}

import { connect as connectTcp, isIP, Socket } from 'node:net';
import { connect as connectTls, createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { Target } from './callbackUrl';
import { CallFault } from './classifyFault';
import type { EgressPolicy } from './egressPolicy';
import { createGuardedLookup } from './guardedLookup';
import type { LookupRequest, NameLookup } from './names/nameLookup';
import type { ProxyHealth } from './proxyHealth';
import { connectThroughProxy, TUNNEL_FAULT, TUNNEL_OPEN } from './throughProxy';
import { tlsReason } from './tlsReason';

/**
 * How long one of several addresses of a name is tried before the next. Node gives up on it then, rather than racing
 * the two, and its default of 250 ms is less than a round trip to the other side of the world.
 */
const ATTEMPT_PER_ADDRESS_MS = 1_000;

/** Who opens a connection. Waiting for a turn to look the name up is not the receiver's doing, so the opener is told. */
export type Opener = Omit<LookupRequest, 'signal'>;

/** For a connection that nobody in particular opens. */
export const NOBODY: Opener = { tenantId: '', flow: '', onWaiting: () => undefined, onTurn: () => undefined };

/** Opens one connection; the socket is given at once, so that a deadline can destroy it while it connects. */
export type Connector = (target: Target, opener: Opener, callback: (error: Error | null) => void) => Socket;

export interface ConnectorOptions {
  egress: EgressPolicy;
  /** One for all clients of a process, so that they share its turns and its cache. */
  lookup: NameLookup;
  /**
   * PEM certificates of authorities to trust beside Node's own, for receivers with a private one. A function is asked for each
   * connection: another array than before counts from then on.
   */
  ca?: readonly string[] | (() => readonly string[] | undefined);
  /** Every connection goes through it. Default: none does. */
  proxy?: ProxyHealth | null;
}

/**
 * Connections that go only where the egress policy lets them. Errors: `CallFault` for what this refuses,
 * for DNS and for TLS; system errors as they are.
 */
export function createConnector({ egress, lookup, ca, proxy = null }: ConnectorOptions): Connector {
  const opened = proxy ? TUNNEL_OPEN : 'connect';
  const authorities = typeof ca === 'function' ? ca : () => ca;
  let trusted = authorities();
  let secureContext = contextOf(trusted);

  function currentContext(): SecureContext {
    const now = authorities();
    if (now !== trusted) secureContext = contextOf(now);
    trusted = now;
    return secureContext;
  }

  return ({ hostname, port, isSecure }, opener, callback) => {
    const closed = new AbortController();
    const request: LookupRequest = {
      tenantId: opener.tenantId,
      flow: opener.flow,
      signal: closed.signal,
      onWaiting: (forWhat) => opener.onWaiting(forWhat),
      onTurn: () => opener.onTurn(),
    };
    const target = {
      host: hostname,
      port,
      lookup: createGuardedLookup({ egress, lookup, port }, request),
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ATTEMPT_PER_ADDRESS_MS,
      noDelay: true,
    };
    const isAddress = isIP(hostname) !== 0;
    // Sockets do not look an address up: without this one would pass unchecked.
    const refusal = isAddress ? egress.refusalOf(hostname, port) : null;
    let socket: Socket;
    if (refusal) {
      socket = new Socket().destroy(new CallFault('egress', `${hostname} may not be called: ${refusal}`));
    } else {
      // SNI has no addresses and no trailing dot (RFC 6066 section 3).
      const servername = isAddress ? '' : hostname.replace(/\.$/, '');
      const tls = isSecure ? { servername, secureContext: currentContext(), ALPNProtocols: ['http/1.1'] } : null;
      if (proxy) socket = connectThroughProxy({ health: proxy, target, tls }, opener);
      else socket = tls ? connectTls({ ...target, ...tls }) : connectTcp(target);
    }
    socket.once('close', () => closed.abort());
    let connected = false;
    let settled = false;
    socket.once(opened, () => {
      connected = true;
    });
    socket.once(isSecure ? 'secureConnect' : opened, () => {
      settled = true;
      callback(null);
    });
    const fail = (error: Error) => {
      if (settled) return;
      settled = true;
      callback(isSecure && connected ? handshakeFault(error) : error);
    };
    socket.on('error', (error) => {
      // Until the receiver is connected, the tunnel says whose fault it is.
      if (connected || refusal || !proxy) fail(error);
    });
    socket.once(TUNNEL_FAULT, fail);
    return socket;
  };
}

function contextOf(ca: readonly string[] | undefined): SecureContext {
  return createSecureContext(ca && { ca: [...rootCertificates, ...ca] });
}

function handshakeFault(error: NodeJS.ErrnoException): Error {
  const isOfTheSocket = error.code === 'ECONNRESET' || error.code === 'EPIPE' || error.code === 'ETIMEDOUT';
  return isOfTheSocket ? error : new CallFault('tls', `TLS failed: ${tlsReason(error)}`);
}

import type { Fault } from '../domain/fault';
import { tlsReason } from './tlsReason';

export type { Fault } from '../domain/fault';

const MAX_MESSAGE_LENGTH = 300;

/** An error whose cause is known where it is raised. */
export class CallFault extends Error {
  override name = 'CallFault';
  constructor(
    readonly fault: Fault,
    message: string,
  ) {
    super(message);
  }
}

const FAULT_OF_CODE: Record<string, readonly [Fault, string]> = {
  ECONNREFUSED: ['refused', 'connection refused'],
  EHOSTUNREACH: ['refused', 'host unreachable'],
  ENETUNREACH: ['refused', 'network unreachable'],
  EADDRNOTAVAIL: ['refused', 'address not available'],
  ETIMEDOUT: ['timeout', 'connecting timed out'],
  ECONNRESET: ['reset', 'connection reset'],
  EPIPE: ['reset', 'connection reset'],
  EMFILE: ['unsent', 'this process has no socket left'],
  ENFILE: ['unsent', 'this machine has no socket left'],
  ENOBUFS: ['unsent', 'this machine has no memory left for sockets'],
  ENOMEM: ['unsent', 'this machine has no memory left for sockets'],
  UND_ERR_SOCKET: ['reset', 'connection closed before the answer was complete'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['reset', 'connection closed before the answer was complete'],
  UND_ERR_HEADERS_OVERFLOW: ['too_large', 'the header of the answer is too large'],
  UND_ERR_INVALID_ARG: ['protocol', 'request not sent'],
  UND_ERR_NOT_SUPPORTED: ['protocol', 'request not sent'],
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: ['protocol', 'request not sent'],
};

/** Sorts an error of the resolver, a socket, TLS or undici. `message` is one line of text, safe to store and show. */
export function classifyFault(error: unknown): { fault: Fault; message: string } {
  if (error instanceof CallFault) return { fault: error.fault, message: oneLine(error.message) };
  const { code = '', name = '', message = '' } = error as Partial<NodeJS.ErrnoException>;
  const known = FAULT_OF_CODE[code];
  // undici's words for a 101, a 100 or an answer nobody asked for.
  if (known && !message.startsWith('bad ')) {
    const detail = known[0] === 'protocol' ? message : code;
    return { fault: known[0], message: oneLine(`${known[1]} (${detail})`) };
  }
  // An alert can come after the handshake: TLS 1.3 asks for the client's certificate at the end of it.
  if (code.startsWith('ERR_SSL_') || message.includes('SSL routines')) {
    return { fault: 'tls', message: oneLine(`TLS failed: ${tlsReason(error as Error)}`) };
  }
  const isProtocol = message.startsWith('bad ') || (name === 'HTTPParserError' && !message.includes('EOF'));
  return { fault: isProtocol ? 'protocol' : 'reset', message: oneLine([message, code].filter(Boolean).join(', ')) };
}

/** Messages can quote the receiver (names in its certificate): bounded, without control characters. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').slice(0, MAX_MESSAGE_LENGTH);
}

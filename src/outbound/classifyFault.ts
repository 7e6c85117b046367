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
};

/** Sorts an error of the resolver, a socket or TLS. `message` is one line of text, safe to store and show. */
export function classifyFault(error: unknown): { fault: Fault; message: string } {
  if (error instanceof CallFault) return { fault: error.fault, message: oneLine(error.message) };
  const { code = '', message = '' } = error as Partial<NodeJS.ErrnoException>;
  const known = FAULT_OF_CODE[code];
  if (known) return { fault: known[0], message: `${known[1]} (${code})` };
  // An alert can come after the handshake: TLS 1.3 asks for the client's certificate at the end of it.
  if (code.startsWith('ERR_SSL_') || message.includes('SSL routines')) {
    return { fault: 'tls', message: oneLine(`TLS failed: ${tlsReason(error as Error)}`) };
  }
  return { fault: 'reset', message: oneLine([message, code].filter(Boolean).join(', ')) };
}

/** Messages can quote the receiver (its fields, names in its certificate): bounded, without control characters. */
export function oneLine(text: string, maxLength = MAX_MESSAGE_LENGTH): string {
  return text.replace(/[\p{Cc}\p{Cs}]+/gu, ' ').slice(0, maxLength);
}

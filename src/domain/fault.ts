/**
 * Why a call brought no complete answer:
 * - `refused`: nothing listens there, or no way leads there. `reset`: the connection ended before the answer did.
 * - `timeout`: the deadline of the attempt. `dns`: the name has no address. `tls`: handshake or certificate.
 * - `egress`: an address that may not be called. `protocol`: what was to be sent, or what came, is not HTTP/1.1.
 * - `too_large`: more than 16 KiB of header. `aborted`: by the caller.
 * - `unsent`: this process lacked something of its own (a turn to look the name up, a socket). Nobody was called, so it says
 *   nothing of the receiver and is no attempt.
 */
export type Fault =
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'dns'
  | 'tls'
  | 'egress'
  | 'protocol'
  | 'too_large'
  | 'aborted'
  | 'unsent';

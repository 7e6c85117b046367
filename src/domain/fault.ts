/**
 * Why a call brought no complete answer:
 * - `refused`: nothing listens there, or no way leads there. `reset`: the connection ended before the answer did.
 * - `timeout`: the deadline of the attempt. `dns`: the name has no address. `tls`: handshake or certificate.
 * - `egress`: an address that may not be called. `protocol`: what was to be sent cannot be, or what came is not HTTP/1.1.
 * - `too_large`: more than 16 KiB of header, or 1 MiB in all. `aborted`: by the caller,
 *   or by a proxy of ours that went away.
 * - `handed_over`: the process that made the call stopped before the answer came. The receiver may have got the call, so it
 *   is an attempt; another process repeats it at once, and it uses up nothing of the retry policy.
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
  | 'handed_over'
  | 'unsent';

/** Why a complete answer is no acknowledgement by its interface's rule, where its status alone does not say so. */
export type AnswerFault =
  | 'redirected'
  | 'status_not_expected'
  | 'body_missing'
  | 'body_too_long'
  | 'body_not_json'
  | 'body_no_object'
  | 'errcode_missing'
  | 'errcode_not_zero'
  | 'pattern_not_found'
  | 'pattern_not_evaluated';

/** Stored with an attempt, shown to operators and logged: a closed vocabulary, without a word of the receiver's. */
export type AttemptFault = Fault | AnswerFault;

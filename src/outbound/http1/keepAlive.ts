import { type AnswerHead, listOf } from './answerHead';

/** Below the 5 s after which Node's own servers, and many others, close an idle connection; their hint can only shorten it. */
const MAX_IDLE_MS = 4_000;
/** For what is on its way when the receiver's time ends. */
const MARGIN_MS = 1_000;

/** Whether the receiver means to take further requests on this connection (RFC 9112 section 9.3). */
export function staysOpen({ fields, isPersistentByDefault }: AnswerHead): boolean {
  const options = listOf(fields.get('connection'));
  if (options.includes('close')) return false;
  return isPersistentByDefault || options.includes('keep-alive');
}

/** How long the connection may be idle and still take another request. `Keep-Alive: timeout` is in seconds. */
export function idleMsOf({ fields }: AnswerHead): number {
  const seconds = /(?:^|[\s,;])timeout\s*=\s*"?(\d+)/i.exec(fields.get('keep-alive') ?? '')?.[1];
  if (seconds === undefined) return MAX_IDLE_MS;
  const hintMs = Number(seconds) * 1000;
  return Math.min(MAX_IDLE_MS, hintMs - Math.min(MARGIN_MS, hintMs / 2));
}

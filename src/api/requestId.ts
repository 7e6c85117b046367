import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What can stand in a log, a header and a path as it is. Two of the header in one call are joined with a comma: neither counts. */
const SANE = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;

/** By what a call is found in the log: the caller's own `X-Request-Id` if it is sane, else a new one. */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : randomUUID();
}

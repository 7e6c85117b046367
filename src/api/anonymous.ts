import type { IncomingMessage } from 'node:http';
import type { AnonymousCall } from './anonymousLimit';
import { addressGroup } from './connections/addressGroup';
import { ProblemError } from './problems';
import type { Route } from './route';

export interface AnonymousDeps {
  /** Takes one call of those without a key: 0, or the seconds until there is room for it. */
  takeAnonymous(call: AnonymousCall): number;
}

/** @throws ProblemError 429 when the address, or all addresses together, have called this route too often without a key. */
export function admitAnonymous(
  { socket }: Pick<IncomingMessage, 'socket'>,
  { path: route, anonymousCost: cost }: Pick<Route, 'path' | 'anonymousCost'>,
  { takeAnonymous }: AnonymousDeps,
): void {
  const waitS = takeAnonymous({ route, cost, address: addressGroup(socket.remoteAddress) });
  if (waitS > 0) throw new ProblemError({ status: 429, detail: 'too many calls without a key', retryAfterS: waitS });
}

import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { Refusal } from '../services/errors';
import type { Precondition } from '../services/subscriptions';

type Subscription = Parameters<Precondition>[0];

/** For the document. */
export const ETAG_SAYS = { ETag: 'For `If-Match` and `If-None-Match`: another one after every change.' };
export const ifMatchHeader = z.object({
  'If-Match': z
    .string()
    .optional()
    .meta({ description: 'An ETag of the subscription: 412 when it has changed since. `*` is any.', example: '*' }),
});
export const ifNoneMatchHeader = z.object({
  'If-None-Match': z.string().optional().meta({
    description: 'An ETag of the subscription: 304 while it has not changed.',
    example: '"5RmX1PqJp2Qy0bq0nqP3uA"',
  }),
});

/** 132 bits. */
const ETAG_LENGTH = 22;

/** What can change, so it is another one after every change; its moment alone has only milliseconds. */
function etagOf(subscription: Subscription): string {
  const { id, state, callbackUrl, topics, description, timeoutMs, retry, maxInFlight, updatedAt } = subscription;
  const said = JSON.stringify([id, state, callbackUrl, topics, description, timeoutMs, retry, maxInFlight, updatedAt]);
  return `"${createHash('sha256').update(said).digest('base64url').slice(0, ETAG_LENGTH)}"`;
}

export function etagHeader(subscription: Subscription): OutgoingHttpHeaders {
  return { etag: etagOf(subscription) };
}

/** @returns whether the caller has what it asks for: the answer is then 304 without a body. */
export function isKnown(subscription: Subscription, { 'if-none-match': given }: IncomingHttpHeaders): boolean {
  return given !== undefined && names(given.replaceAll('W/', ''), etagOf(subscription));
}

/**
 * What `If-Match` asks of a subscription that is about to be changed; undefined where it asks nothing.
 *
 * @returns throws Refusal 412 when it is another one than the caller has seen.
 */
export function ifMatch({ 'if-match': given }: IncomingHttpHeaders): Precondition | undefined {
  if (given === undefined) return undefined;
  return (current) => {
    if (!names(given, etagOf(current))) {
      throw new Refusal(412, 'the subscription has changed since: read it again', 'If-Match');
    }
  };
}

function names(list: string, etag: string): boolean {
  return list.split(',').some((one) => one.trim() === '*' || one.trim() === etag);
}

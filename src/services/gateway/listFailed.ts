import type { Knex } from 'knex';
import { type FailedMessage, listFailedMessages } from '../../db/gatewayFailures';
import { contentOf } from '../../domain/gatewayContent';
import { EVENT_TAGS } from '../../domain/gatewayTags';
import type { Caller } from '../caller';
import type { PageRequest } from '../page';
import { ownApp } from './ownApp';

/** What a message failed with, and what it is about. */
export interface FailedCallback
  extends Pick<FailedMessage, 'dispatchId' | 'eventTag' | 'callbackUrl' | 'calls' | 'failedAt'> {
  /** JSON text, as in the callback. */
  content: string;
  /** In words. */
  reason: string;
}

export interface FailedPage {
  list: FailedCallback[];
  /** The next page begins after this key of the last item; null on the last page. */
  nextKey: FailedKey | null;
}

/** What the list is ordered by: when it failed, in microseconds since 1970, and the id. */
export type FailedKey = readonly [failedAtUs: number, id: string];

export interface FailedFilter {
  eventTag?: string;
  /** Failed then or later. */
  since?: Date;
  /** Failed before. */
  until?: Date;
}

/** Of the contents on a page: it ends early rather than fill the memory. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** Newest failure first; of deleted registrations too. @throws Refusal 403 for a key that has no app. */
export async function listFailed(
  db: Knex,
  { caller, filter, page }: { caller: Caller; filter: FailedFilter; page: PageRequest<FailedKey> },
): Promise<FailedPage> {
  const app = ownApp(caller);
  const { eventTag, since, until } = filter;
  const found = await listFailedMessages(db, {
    ...{ app, since, until, after: page.after, limit: page.limit + 1, maxChangesBytes: PAGE_BYTES },
    eventTags: eventTag === undefined ? EVENT_TAGS.map((tag) => tag.eventTag) : [eventTag],
  });
  const list: FailedCallback[] = [];
  for (const { changes, dispatchId, callbackUrl, calls, failedAt, ...message } of found.slice(0, page.limit)) {
    if (changes === null) break;
    const shown = { dispatchId, eventTag: message.eventTag, callbackUrl, calls, failedAt };
    list.push({ ...shown, content: contentOf(changes), reason: wordsFor(message) });
  }
  const last = found[list.length - 1];
  const isMore = list.length < found.length && last !== undefined;
  return { list, nextKey: isMore ? [last.failedAtUs, last.dispatchId] : null };
}

const REASONS: Record<string, string> = {
  gone: 'the receiver wants no more of it',
  retries_exhausted: 'the last repeat of the schedule failed',
  receiver_unavailable: 'the receiver was not there for as long as the schedule lasts',
};

function wordsFor({ reason, last }: Pick<FailedMessage, 'reason' | 'last'>): string {
  return `${REASONS[reason ?? ''] ?? reason ?? 'failed'}; last call: ${lastCall(last)}`;
}

/** For the app itself: `error` may quote what its own receiver answered. */
function lastCall(last: FailedMessage['last']): string {
  if (!last) return 'no attempt on record yet';
  if (last.statusCode === null) return last.error ?? 'no answer';
  return last.error === null ? `the receiver answered ${last.statusCode}` : `${last.statusCode}, ${last.error}`;
}

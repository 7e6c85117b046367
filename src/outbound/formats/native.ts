import type { StoredEvent } from '../../domain/delivery';
import { type CallbackFormat, jsonContentType, readStatus } from './format';

/** The same bytes for every subscription: an event with many of them is encoded once. */
const encoded = new WeakMap<StoredEvent, Uint8Array>();

/** `{ type, timestamp, data }` as Standard Webhooks recommends; `changes` goes out as the text that came in. */
export const nativeFormat = {
  contentTypeOf: jsonContentType,
  isAnswerRead: false,
  read: readStatus,
  body({ event }) {
    const known = encoded.get(event);
    if (known) return known;
    const bytes = Buffer.from(textOf(event));
    encoded.set(event, bytes);
    return bytes;
  },
} satisfies CallbackFormat;

function textOf(event: StoredEvent): string {
  const { id, tenantId, source, topic, type, status, key, changes } = event;
  const occurredAt = event.acceptedAt.toISOString();
  const head = JSON.stringify({ type: `${source}.${topic}.${type}`, timestamp: occurredAt });
  const data = JSON.stringify({ id, tenantId, source, topic, type, status, key });
  return `${head.slice(0, -1)},"data":${data.slice(0, -1)},"changes":${changes},"occurredAt":"${occurredAt}"}}`;
}

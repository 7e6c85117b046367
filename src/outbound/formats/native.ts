import type { CallbackFormat } from './format';

/** `{ type, timestamp, data }` as Standard Webhooks recommends; `changes` goes out as the text that came in. */
export const nativeFormat: CallbackFormat = {
  contentType: 'application/json',
  body({ event }) {
    const occurredAt = event.acceptedAt.toISOString();
    const head = JSON.stringify({
      type: `${event.source}.${event.topic}.${event.type}`,
      timestamp: occurredAt,
    });
    const data = JSON.stringify({
      id: event.id,
      tenantId: event.tenantId,
      source: event.source,
      topic: event.topic,
      type: event.type,
      status: event.status,
      key: event.key,
    });
    return `${head.slice(0, -1)},"data":${data.slice(0, -1)},"changes":${event.changes},"occurredAt":"${occurredAt}"}}`;
  },
};

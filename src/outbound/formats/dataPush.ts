import { type CallbackFormat, jsonContentType, readStatus } from './format';

/** data-push.md, "Callback"; `changes` goes out as the text that came in. */
export const dataPushFormat = {
  contentTypeOf: jsonContentType,
  isAnswerRead: false,
  read: readStatus,
  body({ deliveryId, event, interfaceData: { appRegisterId } }) {
    const { tenantId, topic, source, type, status, key, changes, acceptedAt } = event;
    const head = JSON.stringify({
      id: deliveryId,
      appRegisterId,
      tenantId,
      topic,
      eventSource: source,
      eventType: type,
      eventStatus: status,
      eventKey: key,
    });
    return Buffer.from(`${head.slice(0, -1)},"changes":${changes},"occurredAt":"${acceptedAt.toISOString()}"}`);
  },
} satisfies CallbackFormat;

import { randomUUID } from 'node:crypto';
import { type CallbackFormat, readStatus } from './format';

/** gateway.md, "Message callback": form-encoded. */
export const gatewayFormat = {
  contentType: 'application/x-www-form-urlencoded;charset=UTF-8',
  read: readStatus,
  body({ deliveryId, topic, event }) {
    const form = new URLSearchParams({
      eventTag: topic,
      dispatchId: deliveryId,
      sourceMessageId: event.id,
      callbackMessageId: randomUUID(),
      content: event.changes,
    });
    return Buffer.from(form.toString());
  },
} satisfies CallbackFormat;

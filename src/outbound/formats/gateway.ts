import { randomUUID } from 'node:crypto';
import { readErrcode } from '../../domain/gatewayAnswer';
import { contentOf } from '../../domain/gatewayContent';
import type { CallbackFormat } from './format';

/** gateway.md, "Message callback": form-encoded; `content` goes out as the text that came in. */
export const gatewayFormat = {
  contentType: 'application/x-www-form-urlencoded;charset=UTF-8',
  isAnswerRead: true,
  read: readErrcode,
  body({ deliveryId, topic, event }) {
    const form = new URLSearchParams({
      eventTag: topic,
      dispatchId: deliveryId,
      sourceMessageId: event.id,
      callbackMessageId: randomUUID(),
      content: contentOf(event.changes),
    });
    return Buffer.from(form.toString());
  },
} satisfies CallbackFormat;

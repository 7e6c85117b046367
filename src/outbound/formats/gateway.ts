import { randomUUID } from 'node:crypto';
import { readErrcode } from '../../domain/gatewayAnswer';
import { contentOf } from '../../domain/gatewayContent';
import { GATEWAY_CONTENT_TYPES, gatewayFormatOf } from '../../domain/gatewayFormat';
import type { CallbackFormat } from './format';

/** gateway.md, "Message callback": in the registration's format; `content` goes out as the text that came in. */
export const gatewayFormat = {
  contentTypeOf: (interfaceData) => GATEWAY_CONTENT_TYPES[gatewayFormatOf(interfaceData)],
  isAnswerRead: true,
  read: readErrcode,
  body({ deliveryId, topic, event, interfaceData }) {
    const content = contentOf(event.changes);
    const head = {
      eventTag: topic,
      dispatchId: deliveryId,
      sourceMessageId: event.id,
      callbackMessageId: randomUUID(),
    };
    switch (gatewayFormatOf(interfaceData)) {
      case 'form':
        return Buffer.from(new URLSearchParams({ ...head, content }).toString());
      case 'json':
        return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"content":${content}}`);
    }
  },
} satisfies CallbackFormat;

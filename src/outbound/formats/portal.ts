import { type CallbackFormat, jsonContentType, readStatus } from './format';

/** One user of the portal whom an event concerns, and by which subscription. */
export interface Recipient {
  user: string;
  subscription_uuid: string;
}

/** For whom one portal delivery is: at most 500 of those whom its event concerns by one target. */
export interface RecipientPage {
  targetId: string;
  /** Fixed when the event was accepted, without those who have left since. */
  recipients: Recipient[];
}

/** portal.md, "Delivery"; `changes` goes out as the text that came in. */
export function createPortalFormat(pageOf: (deliveryId: string) => Promise<RecipientPage>): CallbackFormat {
  return {
    contentTypeOf: jsonContentType,
    isAnswerRead: false,
    read: readStatus,
    async body({ deliveryId, event }) {
      const { targetId, recipients } = await pageOf(deliveryId);
      if (recipients.length === 0) return null;
      const { topic, type, changes, acceptedAt } = event;
      const head = JSON.stringify({
        ...{ id: deliveryId, topic, action: type, target_type: topic, target_id: targetId },
      });
      const tail = JSON.stringify({ recipients, occurredAt: acceptedAt.toISOString() });
      return Buffer.from(`${head.slice(0, -1)},"changes":${changes},${tail.slice(1)}`);
    },
  };
}

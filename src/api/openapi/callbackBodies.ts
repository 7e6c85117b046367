import * as z from 'zod';
import type { InterfaceName } from '../../contracts/states';
import { EXAMPLE_IDS, timestamp } from '../routes/v1/shapes';

const text = (description: string, example: string) => z.string().meta({ description, example });

const deliveryId = text('Id of the delivery, as in `webhook-id`.', EXAMPLE_IDS.delivery);
const eventId = text('Id of the event: the `request_id` of its publish.', EXAMPLE_IDS.event);
const tenantId = text('Tenant of the event.', 'acme');
const source = text('`event_source` of the event.', 'shop');
const topic = text('`event_topic` of the event.', 'orders');
const type = text('`event_type` of the event.', 'created');
const status = text('`event_status` of the event.', 'new');
const key = text('`event_key` of the event.', 'shop.orders.created.new');
const changes = z
  .array(z.unknown())
  .meta({ description: '`changes` of the event: the very text that was published.', example: [{ order: 17 }] });
const occurredAt = timestamp('When the event was accepted');

const nativeData = z
  .object({ id: eventId, tenantId, source, topic, type, status, key, changes, occurredAt })
  .meta({ id: 'NativeCallbackData', description: 'The event.' });

const recipient = z
  .object({
    user: text('The portal user: `subject` of their key.', 'ada'),
    subscription_uuid: text(
      'Uuid of the subscription by which it concerns them.',
      '18926ba9-4a93-429d-ae63-27836af5d369',
    ),
  })
  .meta({ id: 'PortalRecipient' });

/** @param content as its encoding writes it: in a form as JSON text. */
export function gatewayMessage(content: z.ZodType) {
  const isForm = content instanceof z.ZodString;
  return z
    .object({
      eventTag: text('Tag of the registration.', 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen'),
      dispatchId: text('Id of the delivery, as in `webhook-id`.', EXAMPLE_IDS.delivery),
      sourceMessageId: text('Id of the event.', EXAMPLE_IDS.event),
      callbackMessageId: text('Id of this call.', '2b1c7a1e-8d2f-4c61-9a33-5f1f0f6f6a01'),
      content: content.meta({
        description: `\`changes\` of the event: its one object, or the list${isForm ? ', as JSON text' : ''}.`,
        example: isForm ? '{"Account":"ada","RealmId":1}' : { Account: 'ada', RealmId: 1 },
      }),
    })
    .meta({ id: isForm ? 'GatewayFormMessage' : 'GatewayMessage' });
}

export const CALLBACK_BODIES: Record<InterfaceName, z.ZodType> = {
  native: z
    .object({
      type: text('Source, topic and type of the event, joined by dots.', 'shop.orders.created'),
      timestamp: timestamp('When the event was accepted'),
      data: nativeData,
    })
    .meta({ id: 'NativeCallback' }),
  'data-push': z
    .object({
      id: deliveryId,
      appRegisterId: z
        .int()
        .meta({ description: 'Number of the app, as the registration answers it.', example: 2646255255224320 }),
      tenantId,
      topic,
      eventSource: source,
      eventType: type,
      eventStatus: status,
      eventKey: key,
      changes,
      occurredAt,
    })
    .meta({ id: 'DataPushCallback' }),
  cmdb: z
    .object({
      event_id: eventId,
      event_type: text('The name of the subscription that the event matched.', 'hostcreate'),
      action: text('`event_type` of the event.', 'create'),
      action_time: text('When the event was accepted, in UTC: `YYYY-MM-DD hh:mm:ss`.', '2026-01-01 12:00:00'),
      obj_type: text('`event_topic` of the event.', 'host'),
      bk_supplier_account: text('Tenant of the event.', 'acme'),
      request_id: eventId,
      data: changes,
    })
    .meta({ id: 'CmdbCallback' }),
  gateway: gatewayMessage(z.unknown()),
  portal: z
    .object({
      id: deliveryId,
      topic: text('Number of the target type, as text.', '7'),
      action: text('What happened to the target.', 'collection'),
      target_type: text('Number of the target type, as text.', '7'),
      target_id: text('Id of the subscribed column.', '88981'),
      changes,
      recipients: z
        .array(recipient)
        .meta({ description: 'At most 500 users whom it concerns; more follow in calls of their own.' }),
      occurredAt,
    })
    .meta({ id: 'PortalCallback' }),
};

import { type CallbackFormat, readStatus } from './format';

/** cmdb.md, "Delivery policy"; `changes` goes out as the text that came in. */
export const cmdbFormat = {
  contentType: 'application/json',
  read: readStatus,
  body({ topic, event }) {
    const head = JSON.stringify({
      event_id: event.id,
      event_type: topic,
      action: event.type,
      action_time: `${event.acceptedAt.toISOString().slice(0, 19).replace('T', ' ')}`,
      obj_type: event.topic,
      bk_supplier_account: event.tenantId,
      request_id: event.id,
    });
    return Buffer.from(`${head.slice(0, -1)},"data":${event.changes}}`);
  },
} satisfies CallbackFormat;

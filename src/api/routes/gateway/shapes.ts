import * as z from 'zod';
import { GATEWAY_FORMATS } from '../../../domain/gatewayFormat';
import { EVENT_TAGS } from '../../../domain/gatewayTags';
import { callbackUrl as anyCallbackUrl, timestamp } from '../v1/shapes';

export const TAG = 'Gateway messages';

export const eventTag = z
  .enum(
    EVENT_TAGS.map((tag) => tag.eventTag),
    { error: 'must be a tag of the catalogue (GET /gateway/eventTags)' },
  )
  .meta({ id: 'EventTag' });

export const callbackUrl = anyCallbackUrl.meta({
  description: 'http or https; its host is an IP address. Without a scheme it is read as `http://`.',
});

export const format = z.enum(GATEWAY_FORMATS, { error: 'must be form or json' }).meta({
  id: 'GatewayFormat',
  description: 'How messages are sent: `form` is application/x-www-form-urlencoded, `json` is application/json.',
});

export const registration = z
  .object({ id: z.string(), eventTag, callbackUrl: z.string(), format, createdAt: timestamp })
  .meta({ id: 'GatewayRegistration' });

/** How every call that succeeds is answered. */
export function successOf<Data extends z.ZodType>(data: Data) {
  return z.object({ errcode: z.literal('0'), errmsg: z.literal('成功'), data });
}

export function succeeded<Data>(data: Data) {
  return { errcode: '0', errmsg: '成功', data };
}

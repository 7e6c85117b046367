import * as z from 'zod';
import { EVENT_TAGS } from '../../../domain/gatewayTags';
import { timestamp } from '../v1/shapes';

export const TAG = 'Gateway messages';

export const eventTag = z
  .enum(
    EVENT_TAGS.map((tag) => tag.eventTag),
    { error: 'must be a tag of the catalogue (GET /gateway/eventTags)' },
  )
  .meta({ id: 'EventTag' });

export const registration = z
  .object({ id: z.string(), eventTag, callbackUrl: z.string(), createdAt: timestamp })
  .meta({ id: 'GatewayRegistration' });

/** How every call that succeeds is answered. */
export function successOf<Data extends z.ZodType>(data: Data) {
  return z.object({ errcode: z.literal('0'), errmsg: z.literal('成功'), data });
}

export function succeeded<Data>(data: Data) {
  return { errcode: '0', errmsg: '成功', data };
}

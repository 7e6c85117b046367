import * as z from 'zod';
import { GATEWAY_FORMATS } from '../../../domain/gatewayFormat';
import { EVENT_TAGS } from '../../../domain/gatewayTags';
import { callbackUrl as anyCallbackUrl, EXAMPLE_IDS, pathOf, timestamp } from '../v1/shapes';

export const TAG = 'Gateway messages' as const;

export const eventTag = z
  .enum(
    EVENT_TAGS.map((tag) => tag.eventTag),
    { error: 'must be a tag of the catalogue (GET /gateway/eventTags)' },
  )
  .meta({
    id: 'EventTag',
    description: 'Which messages: `event_topic` and `event_type` of the events, joined by `|`.',
    example: 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen',
  });

export const callbackUrl = anyCallbackUrl.meta({
  description:
    'http or https URL, at most 2048 bytes; its host is an IP address. Without a scheme it is read as `http://`.',
  format: undefined,
  example: 'http://127.0.0.1:9000/gateway',
});

export const format = z.enum(GATEWAY_FORMATS, { error: 'must be form or json' }).meta({
  id: 'GatewayFormat',
  description: 'How messages are sent: `form` is application/x-www-form-urlencoded, `json` is application/json.',
  example: 'form',
});

export const registration = z
  .object({
    id: z.string().meta({ description: 'Id of the registration.', example: EXAMPLE_IDS.subscription }),
    eventTag,
    callbackUrl: z.string().meta({ description: 'Where its messages go.', example: 'http://127.0.0.1:9000/gateway' }),
    format,
    createdAt: timestamp('When it was made'),
  })
  .meta({ id: 'GatewayRegistration', description: 'Messages with one tag, sent to one callback.' });

export const registrationPath = pathOf('Id of the registration.', EXAMPLE_IDS.subscription);

/** How every call that succeeds is answered. @param id names it in the OpenAPI document. */
export function successOf<Data extends z.ZodType>(id: string, data: Data) {
  return z
    .object({
      errcode: z.literal('0').meta({ description: 'Always `0`: the call succeeded.', example: '0' }),
      errmsg: z.literal('成功').meta({ description: 'Always the same.', example: '成功' }),
      data,
    })
    .meta({ id });
}

export function succeeded<Data>(data: Data) {
  return { errcode: '0', errmsg: '成功', data };
}

const list = z.array(registration).meta({ description: 'One registration for each tag, oldest first.' });
export const registrations = successOf('GatewayRegistrations', list);

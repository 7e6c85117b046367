import * as z from 'zod';
import { EVENT_TAGS } from '../../../domain/gatewayTags';
import { EXAMPLE_IDS, pathOf, timestamp } from '../v1/shapes';

export const TAG = 'Gateway messages' as const;

export const CONSUMES = ['application/json'];

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

export const registration = z
  .object({
    id: z.string().meta({ description: 'Id of the registration.', example: EXAMPLE_IDS.subscription }),
    eventTag,
    callbackUrl: z.string().meta({ description: 'Where its messages go.', example: 'http://127.0.0.1:9000/gateway' }),
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

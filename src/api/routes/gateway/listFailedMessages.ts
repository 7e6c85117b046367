import * as z from 'zod';
import type { FailedCallback } from '../../../services/gateway/listFailed';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { EXAMPLE_IDS, instant, nextCursor, pageQuery, timestamp } from '../v1/shapes';
import { eventTag, succeeded, successOf, TAG } from './shapes';

const failedKey = z.tuple([z.int().min(0), z.uuid()]);

const failedMessage = z
  .object({
    dispatchId: z
      .string()
      .meta({ description: 'Id of the message, in all of its calls.', example: EXAMPLE_IDS.delivery }),
    eventTag,
    callbackUrl: z.string().meta({
      description: 'Where it goes when it is redelivered.',
      example: 'http://127.0.0.1:9000/gateway',
    }),
    content: z.unknown().meta({ description: 'As in the callback.', example: { Account: 'ada', RealmId: 1 } }),
    calls: z.int().meta({ description: 'How often it was sent, redeliveries included.', example: 17 }),
    failedAt: timestamp('When its last call failed'),
    reason: z.string().meta({ description: 'Why it failed, in words.', example: 'receiver_unavailable' }),
  })
  .meta({ id: 'FailedMessage' });

const failedPage = z
  .object({ list: z.array(failedMessage).meta({ description: 'The messages of the page.' }), nextCursor })
  .meta({ id: 'FailedMessagePage', description: 'A page.' });

/** Text that is JSON already: the plain `application/json` would be made of it once more. */
const READY_JSON = 'application/json; charset=utf-8';

export const listFailedMessages = defineRoute({
  operationId: 'listFailedMessages',
  method: 'get',
  path: '/gateway/failedMessages',
  summary: 'List the messages whose calls have all failed',
  description:
    'Newest failure first, of deleted registrations too. `since` and `until` mean `failedAt`. A page of long contents ' +
    'holds less than `limit`: only a `nextCursor` of null says that it is the last one.',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  query: pageQuery.extend({
    eventTag: eventTag.optional(),
    since: instant('Only what failed at this moment or later.').optional(),
    until: instant('Only what failed before this moment.').optional(),
  }),
  success: {
    status: 200,
    description: 'A page of failed messages.',
    mediaType: READY_JSON,
    schema: successOf('FailedMessages', failedPage),
  },
  errors: [],
  async handle({ caller, query: { cursor, limit, ...filter }, cursors, services }) {
    const page = cursors.request({ cursor, limit }, failedKey);
    const { list, nextKey } = await services.gateway.listFailed({ caller, filter, page });
    const whole = JSON.stringify(succeeded({ nextCursor: cursors.seal(nextKey) }));
    return { body: `${whole.slice(0, -2)},"list":[${list.map(toJson).join(',')}]}}` };
  },
});

/** `content` goes out as the text that came: parsing it would round long numbers. */
function toJson({ dispatchId, eventTag: tag, callbackUrl, content, calls, failedAt, reason }: FailedCallback): string {
  const before = JSON.stringify({ dispatchId, eventTag: tag, callbackUrl }).slice(0, -1);
  return `${before},"content":${content},${JSON.stringify({ calls, failedAt, reason }).slice(1)}`;
}

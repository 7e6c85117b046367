import * as z from 'zod';
import { answerOnce } from '../../../services/repeats';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { boundedArray } from '../v1/shapes';
import { callbackUrl, eventTag, registrations, succeeded, TAG } from './shapes';

const MAX_TAGS = 100;

export const registerCallbacks = defineRoute({
  operationId: 'registerCallbacks',
  method: 'post',
  path: '/gateway/callbacks',
  summary: 'Register a callback for event tags',
  description:
    'The callback is called first, for each tag: `eventTag` and `dispatchId` form-encoded and, if that is not ' +
    'acknowledged, once more as JSON. It has to answer within 5 s with HTTP 2xx and `{ "errcode": "0" }`. The form that ' +
    "was acknowledged is the registration's `format`; its messages are sent in it. All tags are registered, or none. " +
    'A key may cause 5 of these calls a second, 40 at once after a rest.',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  makes: true,
  body: z
    .strictObject({
      eventTag: eventTag.optional(),
      eventTags: boundedArray(eventTag, { min: 1, max: MAX_TAGS })
        .optional()
        .meta({
          description: `Instead of eventTag: 1 to ${MAX_TAGS} tags; repeated ones count once.`,
          example: ['MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen', 'MOZI_BUC_ACCOUNT_MODIFY_REALM|unfrozen'],
        }),
      callbackUrl,
    })
    .refine((body) => (body.eventTag === undefined) !== (body.eventTags === undefined), {
      error: 'either eventTag or eventTags must be given',
      path: ['eventTag'],
      when: ({ issues }) => issues.length === 0,
    })
    .meta({
      id: 'NewGatewayRegistration',
      example: {
        eventTag: 'MOZI_BUC_ACCOUNT_MODIFY_REALM|frozen',
        callbackUrl: 'http://127.0.0.1:9000/gateway',
      },
    }),
  success: {
    status: 200,
    description: 'Registered: one for each tag.',
    schema: registrations,
  },
  errors: [409, 422],
  async handle({ caller, body, services }) {
    const eventTags = body.eventTags ?? (body.eventTag === undefined ? [] : [body.eventTag]);
    return answerOnce(
      () => services.gateway.register({ caller, eventTags, callbackUrl: body.callbackUrl }),
      (made) => ({ body: succeeded(made) }),
    );
  },
});

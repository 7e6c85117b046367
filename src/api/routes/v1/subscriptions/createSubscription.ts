import * as z from 'zod';
import { answerOnce } from '../../../../services/repeats';
import { problemForm } from '../../../errorForm';
import { ETAG_SAYS, etagHeader } from '../../../etags';
import { LOCATION_SAYS, locationOf } from '../../../location';
import { defineRoute } from '../../../route';
import { subscriptionAnswer } from '../answers';
import { appId, TOPIC_LIST_BODY_BYTES, tenantId } from '../shapes';
import { settings } from './settings';

export const createSubscription = defineRoute({
  operationId: 'createSubscription',
  method: 'post',
  path: '/v1/subscriptions',
  summary: 'Subscribe to topics',
  description:
    "From the answer on, every matching event of the app's tenant, and of the tenants that granted the app theirs, is " +
    'delivered to `callbackUrl`. Operators name the app; for a subscriber it is its own.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  makes: true,
  bodyLimit: TOPIC_LIST_BODY_BYTES,
  body: z
    .strictObject({
      ...settings,
      timeoutMs: settings.timeoutMs.default(15_000),
      retry: settings.retry.default('gateway'),
      maxInFlight: settings.maxInFlight.default(10),
      ordered: z.boolean().default(false).meta({
        description:
          'Each topic has a lane: one delivery at a time, in the order of acceptance; a failure holds up the rest.',
        example: false,
      }),
      historyRequired: z
        .boolean()
        .default(false)
        .meta({
          description:
            'Only for ordered ones: topics whose catalogue entry says so too are held until their lane is told that ' +
            'their history is processed.',
          example: false,
        }),
      tenantId: tenantId.optional(),
      appId: appId.optional(),
    })
    .refine(({ ordered, historyRequired }) => ordered || !historyRequired, {
      path: ['historyRequired'],
      error: 'only an ordered subscription can have it',
    })
    .meta({ id: 'NewSubscription' }),
  success: {
    status: 201,
    description: 'Subscribed.',
    schema: subscriptionAnswer,
    headers: { ...LOCATION_SAYS, ...ETAG_SAYS },
  },
  errors: [404, 409],
  async handle({ caller, body: { tenantId, appId, description = null, ...chosen }, services }) {
    const app = { tenantId, appId };
    return answerOnce(
      () => services.subscriptions.create({ caller, app, description, ...chosen }),
      (subscription) => ({
        headers: { ...locationOf('v1', 'subscriptions', subscription.id), ...etagHeader(subscription) },
        body: subscription,
      }),
    );
  },
});

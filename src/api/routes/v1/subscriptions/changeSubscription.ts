import * as z from 'zod';
import { Refusal } from '../../../../services/errors';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { cancelledAnswer, subscriptionAnswer } from '../answers';
import { subscriptionPath, TOPIC_LIST_BODY_BYTES } from '../shapes';
import { settings } from './settings';

const fixed = z
  .unknown()
  .optional()
  .meta({ description: 'Cannot be changed: 409. Make another subscription.', override: { deprecated: true } });

export const changeSubscription = defineRoute({
  operationId: 'changeSubscription',
  method: 'patch',
  path: '/v1/subscriptions/{id}',
  summary: 'Change a subscription',
  description:
    'Fields that are not there stay as they are. Counts from the next attempt on; a topic that is taken out cancels ' +
    'what is pending of it, and `cancelled` says how much that was.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: subscriptionPath,
  bodyLimit: TOPIC_LIST_BODY_BYTES,
  body: z
    .strictObject({ ...z.object(settings).partial().shape, ordered: fixed, historyRequired: fixed })
    .meta({ id: 'SubscriptionChange' }),
  success: {
    status: 200,
    description: 'Changed.',
    schema: subscriptionAnswer.extend(cancelledAnswer.partial().shape).meta({ id: 'ChangedSubscription' }),
  },
  errors: [404, 409],
  async handle({ scope, params: { id }, body: { ordered, historyRequired, ...change }, services }) {
    if (ordered !== undefined) throw new Refusal(409, 'ordered cannot be changed', 'ordered');
    if (historyRequired !== undefined) throw new Refusal(409, 'historyRequired cannot be changed', 'historyRequired');
    const { subscription, cancelled } = await services.subscriptions.change({ id, scope }, change);
    return { body: change.topics ? { ...subscription, cancelled } : subscription };
  },
});

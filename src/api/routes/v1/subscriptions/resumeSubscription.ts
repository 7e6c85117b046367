import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { subscriptionAnswer } from '../answers';
import { subscriptionPath } from '../shapes';

export const resumeSubscription = defineRoute({
  operationId: 'resumeSubscription',
  method: 'post',
  path: '/v1/subscriptions/{id}/resume',
  summary: 'Resume a paused subscription',
  description: 'What has waited goes out. Twice is once.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: subscriptionPath,
  success: { status: 200, description: 'Active.', schema: subscriptionAnswer },
  errors: [404],
  async handle({ scope, params: { id }, services }) {
    return { body: await services.subscriptions.resume({ id, scope }) };
  },
});

import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { secretsAnswer } from '../answers';
import { subscriptionPath } from '../shapes';

export const getSecret = defineRoute({
  operationId: 'getSecret',
  method: 'get',
  path: '/v1/subscriptions/{id}/secret',
  summary: "Read a subscription's signing secrets",
  description: 'Every callback carries one signature per live secret.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: subscriptionPath,
  success: { status: 200, description: 'The live secrets.', schema: secretsAnswer },
  errors: [404],
  async handle({ scope, params: { id }, services }) {
    return { body: await services.subscriptions.readSecrets({ id, scope }) };
  },
});

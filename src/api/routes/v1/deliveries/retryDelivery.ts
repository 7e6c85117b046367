import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { deliveryAnswer, toDeliveryAnswer } from '../answers';
import { deliveryPath } from '../shapes';

export const retryDelivery = defineRoute({
  operationId: 'retryDelivery',
  method: 'post',
  path: '/v1/deliveries/{id}/retry',
  summary: 'Deliver now',
  description:
    'A pending delivery does not wait for its next attempt; a failed one is pending again, under the same id, and its ' +
    'retry schedule starts over.',
  tag: 'Deliveries',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: deliveryPath,
  success: { status: 200, description: 'The delivery, pending.', schema: deliveryAnswer },
  errors: [404, 409],
  async handle({ scope, params: { id }, services }) {
    return { body: toDeliveryAnswer(await services.deliveries.retry({ id, scope })) };
  },
});

import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { deliveryAnswer, toDeliveryAnswer } from '../answers';
import { deliveryPath } from '../shapes';

export const cancelDelivery = defineRoute({
  operationId: 'cancelDelivery',
  method: 'post',
  path: '/v1/deliveries/{id}/cancel',
  summary: 'Cancel a pending delivery',
  tag: 'Deliveries',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: deliveryPath,
  success: { status: 200, description: 'The delivery, cancelled.', schema: deliveryAnswer },
  errors: [404, 409],
  async handle({ scope, params: { id }, services }) {
    return { body: toDeliveryAnswer(await services.deliveries.cancel({ id, scope })) };
  },
});

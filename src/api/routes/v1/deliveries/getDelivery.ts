import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { deliveryAnswer, toDeliveryAnswer } from '../answers';
import { deliveryPath } from '../shapes';

export const getDelivery = defineRoute({
  operationId: 'getDelivery',
  method: 'get',
  path: '/v1/deliveries/{id}',
  summary: 'Read a delivery with its attempts',
  tag: 'Deliveries',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: deliveryPath,
  success: { status: 200, description: 'The delivery.', schema: deliveryAnswer },
  errors: [404],
  async handle({ scope, params: { id }, services }) {
    return { body: toDeliveryAnswer(await services.deliveries.read({ id, scope })) };
  },
});

import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { targetTypeAnswer } from '../answers';
import { targetTypePath } from '../shapes';

export const getTargetType = defineRoute({
  operationId: 'getTargetType',
  method: 'get',
  path: '/v1/target-types/{number}',
  summary: 'Read a target type',
  tag: 'Catalogue',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: targetTypePath,
  success: { status: 200, description: 'The target type.', schema: targetTypeAnswer },
  errors: [404],
  async handle({ params, services }) {
    return { body: await services.targetTypes.read(params.number) };
  },
});

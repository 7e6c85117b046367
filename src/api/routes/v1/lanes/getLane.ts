import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { laneAnswer } from '../answers';
import { lanePath } from '../shapes';

export const getLane = defineRoute({
  operationId: 'getLane',
  method: 'get',
  path: '/v1/lanes/{id}',
  summary: 'Read a lane',
  tag: 'Lanes',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: lanePath,
  success: { status: 200, description: 'The lane.', schema: laneAnswer },
  errors: [404],
  async handle({ scope, params: { id }, services }) {
    return { body: await services.lanes.read({ id, scope }) };
  },
});

import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { laneAnswer } from '../answers';
import { lanePath } from '../shapes';

export const stopLane = defineRoute({
  operationId: 'stopLane',
  method: 'post',
  path: '/v1/lanes/{id}/stop',
  summary: 'Stop an ordered lane',
  description: 'Nothing more goes out of it until it is activated; nothing is dropped. Twice is once.',
  tag: 'Lanes',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: lanePath,
  success: { status: 200, description: 'The lane.', schema: laneAnswer },
  errors: [404, 409],
  async handle({ scope, params: { id }, services }) {
    return { body: await services.lanes.stop({ id, scope }) };
  },
});

import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { laneAnswer } from '../answers';
import { lanePath } from '../shapes';

export const processLaneHistory = defineRoute({
  operationId: 'processLaneHistory',
  method: 'post',
  path: '/v1/lanes/{id}/historyProcessed',
  summary: "Say that the history of a lane's topic has been processed",
  description: 'What it holds goes out. A lane that does not wait for its history stays as it is.',
  tag: 'Lanes',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: lanePath,
  success: { status: 200, description: 'The lane.', schema: laneAnswer },
  errors: [404],
  async handle({ scope, params: { id }, services }) {
    return { body: await services.lanes.processHistory({ id, scope }) };
  },
});

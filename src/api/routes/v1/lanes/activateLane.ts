import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { laneAnswer } from '../answers';
import { bodyInstant, lanePath } from '../shapes';

export const activateLane = defineRoute({
  operationId: 'activateLane',
  method: 'post',
  path: '/v1/lanes/{id}/activate',
  summary: 'Let a lane go on at once',
  description:
    'One that is stopped or waits for a retry goes on from its head, a sick one is probed. With `since`, what an ' +
    'ordered lane has accepted since then is delivered again, before anything newer. Twice is once.',
  tag: 'Lanes',
  access: ['operator', 'subscriber'],
  form: problemForm,
  params: lanePath,
  body: z
    .strictObject({ since: bodyInstant('What was accepted since this moment is delivered again.').optional() })
    .default({})
    .meta({ id: 'LaneActivation' }),
  success: { status: 200, description: 'The lane.', schema: laneAnswer },
  errors: [404],
  async handle({ scope, params: { id }, body, services }) {
    return { body: await services.lanes.activate({ id, scope }, body) };
  },
});

import * as z from 'zod';
import { answerOnce } from '../../../../services/repeats';
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
    'ordered lane has accepted since then is delivered again, before anything newer; a moment before all that is kept is ' +
    '400, and a lane that is not ordered 409. Twice is once.',
  tag: 'Lanes',
  access: ['operator', 'subscriber'],
  form: problemForm,
  makes: true,
  params: lanePath,
  body: z
    .strictObject({ since: bodyInstant('What was accepted since this moment is delivered again.').optional() })
    .default({})
    .meta({ id: 'LaneActivation' }),
  success: { status: 200, description: 'The lane.', schema: laneAnswer },
  errors: [404, 409],
  async handle({ scope, params: { id }, body, services }) {
    return answerOnce(
      () => services.lanes.activate({ id, scope }, body),
      (lane) => ({ body: lane }),
    );
  },
});

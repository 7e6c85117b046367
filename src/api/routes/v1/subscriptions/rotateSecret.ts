import * as z from 'zod';
import { answerOnce } from '../../../../services/repeats';
import { problemForm } from '../../../errorForm';
import { ifMatch, ifMatchHeader } from '../../../etags';
import { defineRoute } from '../../../route';
import { secretsAnswer } from '../answers';
import { subscriptionPath } from '../shapes';

const DAY_S = 86_400;

export const rotateSecret = defineRoute({
  operationId: 'rotateSecret',
  method: 'post',
  path: '/v1/subscriptions/{id}/secret/rotate',
  summary: 'Make a new signing secret',
  description: 'Callbacks are signed with the present one too until the overlap ends. At most 5 can be live: 409.',
  tag: 'Subscriptions',
  access: ['operator', 'subscriber'],
  form: problemForm,
  makes: true,
  params: subscriptionPath,
  headers: ifMatchHeader,
  body: z
    .strictObject({
      overlapSeconds: z
        .int()
        .min(0)
        .max(7 * DAY_S)
        .default(DAY_S)
        .meta({ description: 'Seconds for which the present secret signs too; 0 ends it now.', example: DAY_S }),
    })
    .default({ overlapSeconds: DAY_S })
    .meta({ id: 'SecretRotation' }),
  success: { status: 200, description: 'The live secrets, the new one first.', schema: secretsAnswer },
  errors: [404, 409, 412],
  async handle({ scope, params: { id }, body, headers, services }) {
    const target = { id, scope, requires: ifMatch(headers) };
    return answerOnce(
      () => services.subscriptions.rotateSecret(target, body),
      (secrets) => ({ body: secrets }),
    );
  },
});

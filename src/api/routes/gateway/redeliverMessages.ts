import * as z from 'zod';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { boundedArray, EXAMPLE_IDS, filledText } from '../v1/shapes';
import { succeeded, successOf, TAG } from './shapes';

const ID_BYTES = 64;
/** Each is a transaction of its own, and all of them are one answer. */
const MAX_IDS = 200;

const count = z
  .object({ redelivered: z.int().meta({ description: 'How many messages are pending again.', example: 1 }) })
  .meta({ id: 'RedeliveredCount', description: 'What the call has done.' });

export const redeliverMessages = defineRoute({
  operationId: 'redeliverMessages',
  method: 'post',
  path: '/gateway/failedMessages/redeliver',
  summary: 'Redeliver failed messages',
  description:
    'Each keeps its dispatchId, and is repeated by the whole schedule again. Of ids that are not in the failed list, or ' +
    'whose registration is deleted, none is redelivered.',
  tag: TAG,
  access: ['operator', 'subscriber'],
  form: gatewayForm,
  body: z
    .strictObject({
      dispatchIds: boundedArray(filledText({ maxBytes: ID_BYTES }), { min: 1, max: MAX_IDS }).meta({
        description: `1 to ${MAX_IDS} ids of failed messages; repeated ones count once.`,
        example: [EXAMPLE_IDS.delivery],
      }),
    })
    .meta({ id: 'Redelivery', example: { dispatchIds: [EXAMPLE_IDS.delivery] } }),
  success: {
    status: 200,
    description: 'They are pending again.',
    schema: successOf('Redelivered', count),
  },
  errors: [404],
  async handle({ caller, body: { dispatchIds }, services }) {
    return { body: succeeded({ redelivered: await services.gateway.redeliver({ caller, dispatchIds }) }) };
  },
});

import * as z from 'zod';
import { gatewayForm } from '../../gatewayForm';
import { defineRoute } from '../../route';
import { boundedArray, filledText } from '../v1/shapes';
import { succeeded, successOf, TAG } from './shapes';

const ID_BYTES = 64;
/** Each is a transaction of its own, and all of them are one answer. */
const MAX_IDS = 200;

export const redeliverMessages = defineRoute({
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
        description: `1 to ${MAX_IDS}; repeated ones count once.`,
      }),
    })
    .meta({ id: 'Redelivery', example: { dispatchIds: ['0e276c97-c3f9-44c2-88ab-335123991c45'] } }),
  success: {
    status: 200,
    description: 'They are pending again.',
    schema: successOf(z.object({ redelivered: z.int() })),
  },
  errors: [404],
  async handle({ caller, body: { dispatchIds }, services }) {
    return { body: succeeded({ redelivered: await services.gateway.redeliver({ caller, dispatchIds }) }) };
  },
});

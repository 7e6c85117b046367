import * as z from 'zod';
import { ROLES } from '../../../../contracts/states';
import { answerOnce } from '../../../../services/repeats';
import { problemForm } from '../../../errorForm';
import { LOCATION_SAYS, locationOf } from '../../../location';
import { defineRoute } from '../../../route';
import { role } from '../answers';
import { appId, boundedArray, EXAMPLE_IDS, name, tenantId } from '../shapes';

export const createKey = defineRoute({
  operationId: 'createKey',
  method: 'post',
  path: '/v1/keys',
  summary: 'Make a key',
  description:
    'The key is shown this once. A producer belongs to a tenant, a subscriber to an app; a subscriber with a `subject` ' +
    'stands for that portal user.',
  tag: 'Keys',
  access: ['operator'],
  form: problemForm,
  makes: true,
  body: z
    .strictObject({
      tenantId: tenantId.nullish(),
      appId: appId.nullish(),
      roles: boundedArray(role, { min: 1, max: 2 * ROLES.length }).meta({
        description: 'What the key may do; repeated ones count once.',
        example: ['producer', 'subscriber'],
      }),
      subject: name.nullish().meta({ description: 'The portal user that a subscriber key stands for.', example: null }),
    })
    .meta({ id: 'NewKey' }),
  success: {
    status: 201,
    description: 'Made.',
    schema: z
      .object({
        id: z.string().meta({ description: 'Id of the key.', example: EXAMPLE_IDS.key }),
        key: z.string().meta({
          description: 'What `Authorization` carries.',
          example: `pr_${EXAMPLE_IDS.key}_T3xMq0v5yQyqJ1nVnH0d8m4b2k9c7f6s`,
        }),
      })
      .meta({ id: 'CreatedKey' }),
    headers: LOCATION_SAYS,
  },
  errors: [404, 409],
  async handle({ caller, body, services }) {
    return answerOnce(
      () => services.keys.create({ caller, ...body }),
      (key) => ({ headers: locationOf('v1', 'keys', key.id), body: key }),
    );
  },
});

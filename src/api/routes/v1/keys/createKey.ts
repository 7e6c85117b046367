import * as z from 'zod';
import { ROLES } from '../../../../contracts/states';
import { answerOnce } from '../../../../services/repeats';
import { problemForm } from '../../../errorForm';
import { LOCATION_SAYS, locationOf } from '../../../location';
import { defineRoute } from '../../../route';
import { boundedArray, name, namedId } from '../shapes';

export const createKey = defineRoute({
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
  body: z.strictObject({
    tenantId: namedId.nullish(),
    appId: namedId.nullish(),
    roles: boundedArray(z.enum(ROLES), { min: 1, max: 2 * ROLES.length }),
    subject: name.nullish(),
  }),
  success: {
    status: 201,
    description: 'Made.',
    schema: z.object({ id: z.string(), key: z.string() }).meta({ id: 'NewKey' }),
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

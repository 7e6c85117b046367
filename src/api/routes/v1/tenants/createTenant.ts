import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { LOCATION_SAYS, locationOf } from '../../../location';
import { defineRoute } from '../../../route';
import { tenantAnswer } from '../answers';
import { chosenId, name } from '../shapes';

export const createTenant = defineRoute({
  method: 'post',
  path: '/v1/tenants',
  summary: 'Make a tenant',
  description: 'By an operator of the installation.',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  body: z.strictObject({ id: chosenId, name }),
  success: { status: 201, description: 'Made.', schema: tenantAnswer, headers: LOCATION_SAYS },
  errors: [409],
  async handle({ caller, body, services }) {
    const made = await services.tenants.create(caller, body);
    return { headers: locationOf('v1', 'tenants', made.id), body: made };
  },
});

import * as z from 'zod';
import { answerOnce } from '../../../../services/repeats';
import { problemForm } from '../../../errorForm';
import { LOCATION_SAYS, locationOf } from '../../../location';
import { defineRoute } from '../../../route';
import { tenantAnswer } from '../answers';
import { chosenId, name } from '../shapes';

export const createTenant = defineRoute({
  operationId: 'createTenant',
  method: 'post',
  path: '/v1/tenants',
  summary: 'Make a tenant',
  description: 'By an operator of the installation.',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  makes: true,
  body: z.strictObject({ id: chosenId, name }).meta({ id: 'NewTenant' }),
  success: { status: 201, description: 'Made.', schema: tenantAnswer, headers: LOCATION_SAYS },
  errors: [409],
  async handle({ caller, body, services }) {
    return answerOnce(
      () => services.tenants.create(caller, body),
      (tenant) => ({ headers: locationOf('v1', 'tenants', tenant.id), body: tenant }),
    );
  },
});

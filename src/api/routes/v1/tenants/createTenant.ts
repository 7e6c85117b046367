import * as z from 'zod';
import { problemForm } from '../../../errorForm';
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
  body: z.strictObject({ id: chosenId, name }).meta({ id: 'NewTenant' }),
  success: { status: 201, description: 'Made.', schema: tenantAnswer },
  errors: [409],
  async handle({ caller, body, services }) {
    return { body: await services.tenants.create(caller, body) };
  },
});

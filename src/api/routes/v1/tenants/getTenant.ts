import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { tenantAnswer } from '../answers';
import { tenantPath } from '../shapes';

export const getTenant = defineRoute({
  operationId: 'getTenant',
  method: 'get',
  path: '/v1/tenants/{id}',
  summary: 'Read a tenant',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  params: tenantPath,
  success: { status: 200, description: 'The tenant.', schema: tenantAnswer },
  errors: [404],
  async handle({ caller, params, services }) {
    return { body: await services.tenants.read(caller, params.id) };
  },
});

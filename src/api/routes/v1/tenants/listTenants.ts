import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { tenantAnswer } from '../answers';
import { pageOf, pageQuery, textKey } from '../shapes';

export const listTenants = defineRoute({
  operationId: 'listTenants',
  method: 'get',
  path: '/v1/tenants',
  summary: 'List tenants',
  description: 'Ascending by id; an operator of one tenant sees that one.',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  query: pageQuery,
  success: { status: 200, description: 'A page of tenants.', schema: pageOf('TenantPage', tenantAnswer) },
  errors: [],
  async handle({ caller, query, cursors, services }) {
    const page = await services.tenants.list(caller, cursors.request(query, textKey));
    return { body: cursors.answer(page) };
  },
});

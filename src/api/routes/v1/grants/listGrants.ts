import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { grantAnswer } from '../answers';
import { appPath, pageOf, pageQuery, textKey } from '../shapes';

export const listGrants = defineRoute({
  operationId: 'listGrants',
  method: 'get',
  path: '/v1/apps/{tenantId}/{appId}/grants',
  summary: "List an app's grants",
  description: 'Ascending by the granting tenant.',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  params: appPath,
  query: pageQuery,
  success: { status: 200, description: 'A page of grants.', schema: pageOf('GrantPage', grantAnswer) },
  errors: [404],
  async handle({ caller, params, query, cursors, services }) {
    const page = await services.grants.list(caller, params, cursors.request(query, textKey));
    return { body: cursors.answer(page) };
  },
});

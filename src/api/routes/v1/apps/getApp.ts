import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { appAnswer } from '../answers';
import { appPath } from '../shapes';

export const getApp = defineRoute({
  operationId: 'getApp',
  method: 'get',
  path: '/v1/apps/{tenantId}/{appId}',
  summary: 'Read an app',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  params: appPath,
  success: { status: 200, description: 'The app.', schema: appAnswer },
  errors: [404],
  async handle({ caller, params, services }) {
    return { body: await services.apps.read(caller, params) };
  },
});

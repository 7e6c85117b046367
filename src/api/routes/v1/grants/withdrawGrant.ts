import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { cancelledAnswer } from '../answers';
import { appPath, id } from '../shapes';

export const withdrawGrant = defineRoute({
  operationId: 'withdrawGrant',
  method: 'delete',
  path: '/v1/apps/{tenantId}/{appId}/grants/{grantingTenantId}',
  summary: 'Withdraw a grant',
  description: "Cancels what is still pending of the granting tenant's events. By an operator of the installation.",
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  params: appPath.extend({
    grantingTenantId: id.meta({ description: 'Id of the granting tenant.', example: 'globex' }),
  }),
  success: { status: 200, description: 'Withdrawn.', schema: cancelledAnswer },
  errors: [404],
  async handle({ caller, params: { grantingTenantId, ...app }, services }) {
    return { body: await services.grants.withdraw(caller, app, grantingTenantId) };
  },
});

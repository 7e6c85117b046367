import * as z from 'zod';
import { answerOnce } from '../../../../services/repeats';
import { problemForm } from '../../../errorForm';
import { LOCATION_SAYS, locationOf } from '../../../location';
import { defineRoute } from '../../../route';
import { grantAnswer } from '../answers';
import { appPath, namedId } from '../shapes';

export const createGrant = defineRoute({
  operationId: 'createGrant',
  method: 'post',
  path: '/v1/apps/{tenantId}/{appId}/grants',
  summary: "Let an app receive another tenant's events",
  description:
    'By an operator of the installation: a grant reaches over tenants. From now on, every subscription of the app ' +
    'matches what the granting tenant publishes too.',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  makes: true,
  params: appPath,
  body: z
    .strictObject({ tenantId: namedId.meta({ description: 'Id of the granting tenant.', example: 'globex' }) })
    .meta({ id: 'NewGrant' }),
  success: { status: 201, description: 'Granted.', schema: grantAnswer, headers: LOCATION_SAYS },
  errors: [404, 409],
  async handle({ caller, params, body, services }) {
    return answerOnce(
      () => services.grants.create(caller, params, body.tenantId),
      (grant) => ({
        headers: locationOf('v1', 'apps', params.tenantId, params.appId, 'grants', grant.tenantId),
        body: grant,
      }),
    );
  },
});

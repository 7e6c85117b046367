import { JSON_API, portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { requirePath } from './checks';
import { resourcePath, resourceQuery, SUBSCRIPTION_PATH } from './shapes';

export const deletePortalSubscription = defineRoute({
  operationId: 'deletePortalSubscription',
  method: 'delete',
  path: `${SUBSCRIPTION_PATH}/{bundle}/{uuid}`,
  summary: 'Delete a subscription',
  description: 'Messages that are not delivered yet leave the user out. Operators delete defaults, users their own.',
  tag: 'Portal',
  access: ['operator', 'subscriber'],
  form: portalForm,
  params: resourcePath,
  query: resourceQuery,
  produces: [JSON_API],
  success: { status: 204, description: 'Deleted.' },
  errors: [404],
  async handle({ caller, params, query: { tenantId }, services }) {
    const bundle = requirePath(params);
    await services.portal.remove({ caller, bundle, tenantId, uuid: params.uuid });
    return {};
  },
});

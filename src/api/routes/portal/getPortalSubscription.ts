import { JSON_API, portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { toDocument } from './answers';
import { requirePath } from './checks';
import { resource, resourcePath, resourceQuery, SUBSCRIPTION_PATH } from './shapes';

export const getPortalSubscription = defineRoute({
  operationId: 'getPortalSubscription',
  method: 'get',
  path: `${SUBSCRIPTION_PATH}/{bundle}/{uuid}`,
  summary: 'Read a subscription',
  description: "Users read their own, and their tenant's defaults.",
  tag: 'Portal',
  access: ['operator', 'subscriber'],
  form: portalForm,
  params: resourcePath,
  query: resourceQuery,
  produces: [JSON_API],
  success: { status: 200, description: 'The subscription.', schema: resource, mediaType: JSON_API },
  errors: [404],
  async handle({ caller, params, query, services }) {
    const bundle = requirePath(params);
    const { tenantId } = query;
    const subscription = await services.portal.read({ caller, bundle, tenantId, uuid: params.uuid });
    return { body: toDocument({ bundle, tenantId, query }, subscription) };
  },
});

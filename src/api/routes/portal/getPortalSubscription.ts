import { JSON_API, portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { toDocument } from './answers';
import { requirePath } from './checks';
import { resource, resourcePath, SUBSCRIPTION_PATH, tenantQuery } from './shapes';

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
  query: tenantQuery,
  produces: [JSON_API],
  success: { status: 200, description: 'The subscription.', schema: resource, mediaType: JSON_API },
  errors: [404],
  async handle({ caller, params, query: { tenantId }, services }) {
    const bundle = requirePath(params);
    return { body: toDocument(bundle, await services.portal.read({ caller, bundle, tenantId, uuid: params.uuid })) };
  },
});

import { portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { LIST_MEDIA_TYPES, listAnswer, listed, listQuery, listRequest, mediaTypeOf } from './listing';
import { SUBSCRIPTION_PATH, tenantQuery } from './shapes';

export const listDefaultPortalSubscriptions = defineRoute({
  operationId: 'listDefaultPortalSubscriptions',
  method: 'get',
  path: `${SUBSCRIPTION_PATH}/default`,
  summary: "List the system's default subscriptions",
  description: 'Of the tenant. Newest first. An answer past the end is `[]`. Unknown parameters are ignored.',
  tag: 'Portal',
  access: ['operator', 'subscriber'],
  form: portalForm,
  query: listQuery.extend(tenantQuery.shape),
  produces: LIST_MEDIA_TYPES,
  success: { status: 200, description: 'A page of them.', schema: listed },
  errors: [],
  async handle({ caller, query, services }) {
    const mediaType = mediaTypeOf(query);
    const bundle = 'system_subscription_list';
    const list = await services.portal.list({ caller, bundle, tenantId: query.tenantId, ...listRequest(query) });
    return listAnswer(list, { bundle, mediaType });
  },
});

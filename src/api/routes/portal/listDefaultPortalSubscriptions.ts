import { portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { jsonApiQuery } from './jsonApiQuery';
import { LIST_MEDIA_TYPES, listAnswer, listRequest, listShape, listSuccess, mediaTypeOf } from './listing';
import { SUBSCRIPTION_PATH, tenantId } from './shapes';

const path = `${SUBSCRIPTION_PATH}/default`;

export const listDefaultPortalSubscriptions = defineRoute({
  operationId: 'listDefaultPortalSubscriptions',
  method: 'get',
  path,
  summary: "List the system's default subscriptions",
  description: 'Of the tenant. Newest first. An answer past the end is `[]`. Unknown parameters are ignored.',
  tag: 'Portal',
  access: ['operator', 'subscriber'],
  form: portalForm,
  query: jsonApiQuery({ ...listShape, tenantId }),
  produces: LIST_MEDIA_TYPES,
  success: listSuccess,
  errors: [],
  async handle({ caller, query, mediaType: preferred, services }) {
    const mediaType = mediaTypeOf(query, preferred);
    const asked = { bundle: 'system_subscription_list', tenantId: query.tenantId } as const;
    const page = await services.portal.list({ caller, ...asked, ...listRequest(query) });
    return listAnswer(page, { ...asked, mediaType, path, query });
  },
});

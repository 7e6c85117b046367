import { portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { jsonApiQuery } from './jsonApiQuery';
import { LIST_MEDIA_TYPES, listAnswer, listRequest, listShape, listSuccess, mediaTypeOf } from './listing';

/** The one list under both of its names. */
export const ownList = ({ operationId, path }: { operationId: string; path: string }) =>
  defineRoute({
    operationId,
    method: 'get',
    path,
    summary: 'List what the current user subscribes to',
    description: 'Newest first. An answer past the end is `[]`. Unknown parameters are ignored.',
    tag: 'Portal',
    access: ['operator', 'subscriber'],
    form: portalForm,
    query: jsonApiQuery(listShape),
    produces: LIST_MEDIA_TYPES,
    success: listSuccess,
    errors: [],
    async handle({ caller, query, mediaType: preferred, services }) {
      const mediaType = mediaTypeOf(query, preferred);
      const bundle = 'subscription';
      const page = await services.portal.list({ caller, bundle, ...listRequest(query) });
      return listAnswer(page, { bundle, mediaType, path, query });
    },
  });

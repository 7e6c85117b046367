import { portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { LIST_MEDIA_TYPES, listAnswer, listed, listQuery, listRequest, mediaTypeOf } from './listing';

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
    query: listQuery,
    produces: LIST_MEDIA_TYPES,
    success: { status: 200, description: 'A page of them.', schema: listed },
    errors: [],
    async handle({ caller, query, services }) {
      const mediaType = mediaTypeOf(query);
      const bundle = 'subscription';
      const list = await services.portal.list({ caller, bundle, ...listRequest(query) });
      return listAnswer(list, { bundle, mediaType });
    },
  });

import { portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { jsonApiQuery } from './jsonApiQuery';
import { LIST_MEDIA_TYPES, listAnswer, listAnswers, listRequest, listShape, mediaTypeOf } from './listing';
import { SUBSCRIPTION_PATH } from './shapes';

/** The one list under both of its names. */
const own = (path: string) =>
  defineRoute({
    method: 'get',
    path,
    summary: 'List what the current user subscribes to',
    description: 'Newest first. An answer past the end is `[]`. Unknown parameters are ignored.',
    tag: 'Portal',
    access: ['operator', 'subscriber'],
    form: portalForm,
    query: jsonApiQuery(listShape),
    produces: LIST_MEDIA_TYPES,
    success: { status: 200, description: 'A page of them.', schema: listAnswers },
    errors: [],
    async handle({ caller, query, mediaType: preferred, services }) {
      const mediaType = mediaTypeOf(query, preferred);
      const bundle = 'subscription';
      const page = await services.portal.list({ caller, bundle, ...listRequest(query) });
      return listAnswer(page, { bundle, mediaType, path, query });
    },
  });

export const listOwn = own(SUBSCRIPTION_PATH);
export const listMine = own(`${SUBSCRIPTION_PATH}/me`);

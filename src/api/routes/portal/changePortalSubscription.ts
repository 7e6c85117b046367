import * as z from 'zod';
import { JSON_API, portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { toDocument } from './answers';
import { requireContentType, requireIdentity, requirePath } from './checks';
import { attributes, relationships, resource, resourcePath, resourceQuery, SUBSCRIPTION_PATH, uuid } from './shapes';

const changedResource = z
  .object({
    type: z.string().meta({
      description: '`subscription--{bundle}`, or the bundle alone.',
      example: 'subscription--subscription',
    }),
    id: uuid.meta({ description: 'The uuid in the path.' }),
    attributes: attributes
      .partial()
      .meta({ id: 'PortalAttributesChange', description: 'Fields that change.' })
      .optional(),
    relationships,
  })
  .meta({ id: 'PortalResourceChange', description: 'The subscription.' });

export const changePortalSubscription = defineRoute({
  operationId: 'changePortalSubscription',
  method: 'patch',
  path: `${SUBSCRIPTION_PATH}/{bundle}/{uuid}`,
  summary: 'Change a subscription',
  description:
    'What is left out stays. Operators change defaults, users their own. The uuid stays as it is; unknown members are ' +
    'ignored.',
  tag: 'Portal',
  access: ['operator', 'subscriber'],
  form: portalForm,
  params: resourcePath,
  query: resourceQuery,
  body: z.object({ data: changedResource }).meta({
    id: 'PortalSubscriptionChange',
    example: {
      data: {
        type: 'subscription--subscription',
        id: '18926ba9-4a93-429d-ae63-27836af5d369',
        attributes: { status: 0 },
      },
    },
  }),
  consumes: [JSON_API],
  produces: [JSON_API],
  success: { status: 200, description: 'As it is now.', schema: resource, mediaType: JSON_API },
  errors: [404, 409],
  async handle({ caller, params, query, body: { data }, headers, services }) {
    requireContentType(headers);
    const bundle = requirePath(params);
    requireIdentity(data, { bundle, uuid: params.uuid });
    const { tenantId } = query;
    const { title, target_id: targetId, action, status, enable, target_type: number } = data.attributes ?? {};
    const changed = await services.portal.change({
      ...{ caller, bundle, tenantId, uuid: params.uuid, action, targetId, title, status, enable },
      targetType: { number, termUuid: data.relationships?.target_type?.data.id },
    });
    return { body: toDocument({ bundle, tenantId, query }, changed) };
  },
});

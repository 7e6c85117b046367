import * as z from 'zod';
import { answerOnce } from '../../../services/repeats';
import { JSON_API, portalForm } from '../../portalForm';
import { defineRoute } from '../../route';
import { pathOf, toDocument } from './answers';
import { requireContentType, requireIdentity, requirePath } from './checks';
import { attributes, bundlePath, relationships, resource, resourceQuery, SUBSCRIPTION_PATH, uuid } from './shapes';

const newResource = z
  .object({
    type: z.string().meta({
      description: '`subscription--{bundle}`, or the bundle alone.',
      example: 'subscription--subscription',
    }),
    id: uuid.optional().meta({ description: 'The same as `attributes.uuid`.' }),
    attributes: attributes
      .extend({ status: attributes.shape.status.default(1), enable: attributes.shape.enable.default(1) })
      .meta({ id: 'NewPortalAttributes', description: 'Its fields.' }),
    relationships,
  })
  .meta({ id: 'NewPortalResource', description: 'The subscription.' });

export const addPortalSubscription = defineRoute({
  operationId: 'addPortalSubscription',
  method: 'post',
  path: `${SUBSCRIPTION_PATH}/{bundle}`,
  summary: 'Add a subscription',
  description:
    'Of the bundle `subscription`: the portal user of the key is told of events whose `event_topic` is the number of the ' +
    'target type, whose `event_type` is the action, and whose `changes` name the target; the messages go to the ' +
    "callback of the user's app. Of `system_subscription_list`, for operators: every user of the tenant is, who has no " +
    'subscription of the same target and action. Unknown members are ignored.',
  tag: 'Portal',
  access: ['operator', 'subscriber'],
  form: portalForm,
  makes: true,
  params: bundlePath,
  query: resourceQuery,
  body: z
    .object({ data: newResource })
    .refine(({ data }) => data.attributes.target_type !== undefined || data.relationships?.target_type, {
      path: ['data', 'relationships', 'target_type'],
      error: 'is missing',
    })
    .meta({
      id: 'NewPortalSubscription',
      example: {
        data: {
          type: 'subscription--subscription',
          attributes: {
            title: '新闻公告订阅',
            target_id: '88981',
            action: 'collection',
            status: 1,
            uuid: '18926ba9-4a93-429d-ae63-27836af5d369',
          },
          relationships: {
            target_type: {
              data: { type: 'taxonomy_term--subscription_target_type', id: '18926ba9-4a93-429d-ae63-27836af5d366' },
            },
          },
        },
      },
    }),
  consumes: [JSON_API],
  produces: [JSON_API],
  success: {
    status: 201,
    description: 'Added.',
    schema: resource,
    mediaType: JSON_API,
    headers: { Location: 'Path of the subscription.' },
  },
  errors: [404, 409],
  async handle({ caller, params, query, body: { data }, headers, services }) {
    requireContentType(headers);
    const bundle = requirePath(params);
    requireIdentity(data, { bundle });
    const { tenantId } = query;
    const { title = null, target_id: targetId, action, status, enable, target_type: number } = data.attributes;
    const addition = {
      ...{ caller, bundle, tenantId, action, targetId, title, status, enable },
      uuid: data.attributes.uuid ?? data.id,
      targetType: { number, termUuid: data.relationships?.target_type?.data.id },
    };
    return answerOnce(
      () => services.portal.add(addition),
      (added) => ({
        headers: { location: pathOf({ bundle, tenantId }, added.uuid) },
        body: toDocument({ bundle, tenantId, query }, added),
      }),
    );
  },
});

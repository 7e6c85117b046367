import * as z from 'zod';
import { MAX_TARGET_BYTES, PORTAL_ACTIONS } from '../../../domain/portalTargets';
import { PORTAL_BUNDLES } from '../../../services/portal/owner';
import { filledText, namedId, text } from '../v1/shapes';
import { jsonApiQuery } from './jsonApiQuery';

export const SUBSCRIPTION_PATH = '/portal/api/v2/subscription';
export const TERM_TYPE = 'taxonomy_term--subscription_target_type';

const EXAMPLE_UUID = '18926ba9-4a93-429d-ae63-27836af5d369';
const EXAMPLE_TERM = '18926ba9-4a93-429d-ae63-27836af5d366';
export const TITLE_BYTES = 256;
const UUID_BYTES = 128;
export const MAX_TARGET_TYPE = 2_147_483_647;

export const bundlePath = z.object({
  bundle: z.string().meta({ description: `One of ${PORTAL_BUNDLES.join(', ')}.`, example: 'subscription' }),
});
export const resourcePath = bundlePath.extend({
  uuid: z.string().meta({ description: 'Uuid of the subscription.', example: EXAMPLE_UUID }),
});

export const tenantId = namedId.optional().meta({
  description: 'Id of the tenant: needed for defaults by an operator key without a tenant, else the tenant of the key.',
  example: 'acme',
});

export const resourceQuery = jsonApiQuery({ tenantId });

/** Of a resource: what a caller may choose. */
export const UUID = /^[A-Za-z0-9-]{8,64}$/;

export const uuid = z
  .string()
  .regex(UUID, { error: 'must be 8 to 64 letters, digits and -' })
  .meta({ description: 'Id that you may choose: 8 to 64 letters, digits and `-`.', example: EXAMPLE_UUID });

const onOrOff = z.union([z.literal(0), z.literal(1)], { error: 'must be 0 or 1' });

export const action = z.enum(PORTAL_ACTIONS, { error: `must be one of ${PORTAL_ACTIONS.join(', ')}` }).meta({
  id: 'PortalAction',
  description: 'What happens to the target: the `event_type` of the events.',
  example: 'collection',
});
export const bundle = z.enum(PORTAL_BUNDLES, { error: `must be one of ${PORTAL_BUNDLES.join(', ')}` }).meta({
  id: 'PortalBundle',
  description: "A user's own subscriptions, or the system's defaults.",
  example: 'subscription',
});

/** No `format`: RFC 3339 writes the offset with a colon. */
export const created = z.string().meta({
  description: 'When it was made, in UTC: ISO 8601 with the offset `+0000`.',
  example: '2020-05-14T02:20:14+0000',
});

export const attributes = z.object({
  title: text({ maxBytes: TITLE_BYTES })
    .nullish()
    .meta({ description: `Title for people, at most ${TITLE_BYTES} bytes of UTF-8.`, example: '新闻公告订阅' }),
  target_id: filledText({ maxBytes: MAX_TARGET_BYTES }).meta({
    description: 'Id of the subscribed column. Events that name it in `changes` concern the user.',
    example: '88981',
  }),
  action,
  status: onOrOff.meta({ description: '1 is on; 0 is off, and matches no event.', example: 1 }),
  uuid: uuid.optional(),
  target_type: z
    .int32()
    .min(0)
    .optional()
    .meta({ description: 'Number of the target type; the relationship does as well.', example: 7 }),
  enable: onOrOff.meta({ description: 'Only for defaults: 1 when it applies, 0 when not.', example: 1 }),
});

const term = z
  .object({
    type: z
      .literal(TERM_TYPE, { error: `must be ${TERM_TYPE}` })
      .meta({ description: 'Always the same.', example: TERM_TYPE }),
    id: filledText({ maxBytes: UUID_BYTES }).meta({ description: 'Uuid of the target type.', example: EXAMPLE_TERM }),
  })
  .meta({ id: 'PortalTerm', description: 'The target type.' });
const termRelationship = z
  .object({ data: term })
  .meta({ id: 'PortalTermRelationship', description: 'Which target type.' });

export const relationships = z
  .object({ target_type: termRelationship.optional() })
  .meta({ id: 'PortalRelationships', description: 'What the subscription belongs to.' })
  .optional();

const links = z
  .object({
    self: z.string().meta({
      description: 'Path of the subscription.',
      example: `${SUBSCRIPTION_PATH}/subscription/${EXAMPLE_UUID}`,
    }),
  })
  .meta({ id: 'PortalResourceLinks', description: 'Where it is.' });

const resourceAttributes = z
  .object({
    title: z.string().nullable().meta({ description: 'Title for people; null: none.', example: '新闻公告订阅' }),
    target_id: z.string().meta({ description: 'Id of the subscribed column.', example: '88981' }),
    action,
    status: onOrOff.meta({ description: '1 is on; 0 is off, and matches no event.', example: 1 }),
    uuid: z.string().meta({ description: 'Its uuid.', example: EXAMPLE_UUID }),
    created,
    enable: onOrOff.optional().meta({ description: 'Only of defaults: 1 when it applies, 0 when not.', example: 1 }),
  })
  .meta({ id: 'PortalResourceAttributes', description: 'Its fields.' });

export const resourceObject = z
  .object({
    type: z.string().meta({ description: '`subscription--{bundle}`.', example: 'subscription--subscription' }),
    id: z.string().meta({ description: 'Its uuid.', example: EXAMPLE_UUID }),
    attributes: resourceAttributes,
    relationships: z
      .object({ target_type: termRelationship })
      .meta({ id: 'PortalResourceRelationships', description: 'What the subscription belongs to.' }),
    links,
  })
  .meta({ id: 'PortalResource', description: 'The subscription.' });

export const resource = z.object({ data: resourceObject, links }).meta({ id: 'PortalSubscription' });

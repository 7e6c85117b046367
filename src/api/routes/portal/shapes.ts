import * as z from 'zod';
import { MAX_TARGET_BYTES, PORTAL_ACTIONS } from '../../../domain/portalTargets';
import { PORTAL_BUNDLES } from '../../../services/portal/owner';
import { filledText, namedId, text } from '../v1/shapes';
import { jsonApiQuery } from './jsonApiQuery';

export const SUBSCRIPTION_PATH = '/portal/api/v2/subscription';
export const TERM_TYPE = 'taxonomy_term--subscription_target_type';

export const TITLE_BYTES = 256;
const UUID_BYTES = 128;
export const MAX_TARGET_TYPE = 2_147_483_647;

export const bundlePath = z.object({
  bundle: z.string().meta({ description: `One of ${PORTAL_BUNDLES.join(', ')}.`, example: 'subscription' }),
});
export const resourcePath = bundlePath.extend({ uuid: z.string() });

export const tenantId = namedId.optional().meta({ description: 'Of defaults: what an operator of no tenant names.' });

export const resourceQuery = jsonApiQuery({ tenantId });

/** Of a resource: what a caller may choose. */
export const UUID = /^[A-Za-z0-9-]{8,64}$/;

export const uuid = z
  .string()
  .regex(UUID, { error: 'must be 8 to 64 letters, digits and -' })
  .meta({ example: '18926ba9-4a93-429d-ae63-27836af5d369' });

const onOrOff = z.union([z.literal(0), z.literal(1)], { error: 'must be 0 or 1' });

export const action = z.enum(PORTAL_ACTIONS, { error: `must be one of ${PORTAL_ACTIONS.join(', ')}` });
export const bundle = z.enum(PORTAL_BUNDLES, { error: `must be one of ${PORTAL_BUNDLES.join(', ')}` });

export const attributes = z.object({
  title: text({ maxBytes: TITLE_BYTES }).nullish().meta({ example: '新闻公告订阅' }),
  target_id: filledText({ maxBytes: MAX_TARGET_BYTES }).meta({
    description: 'Of the subscribed column. Events that name it in `changes` concern the user.',
    example: '88981',
  }),
  action,
  status: onOrOff.meta({ description: '1 is on; 0 is off, and matches no event.' }),
  uuid: uuid.optional(),
  target_type: z
    .int32()
    .min(0)
    .optional()
    .meta({ description: 'Number of the target type; the relationship does as well.' }),
  enable: onOrOff.meta({ description: 'Of a default: whether it applies. A user’s has none.' }),
});

export const relationships = z
  .object({
    target_type: z
      .object({
        data: z.object({
          type: z.literal(TERM_TYPE, { error: `must be ${TERM_TYPE}` }),
          id: filledText({ maxBytes: UUID_BYTES }).meta({ description: 'Uuid of the target type.' }),
        }),
      })
      .optional(),
  })
  .optional();

const links = z.object({ self: z.string() });

export const resourceObject = z.object({
  type: z.string().meta({ example: 'subscription--subscription' }),
  id: z.string(),
  attributes: z.object({
    title: z.string().nullable(),
    target_id: z.string(),
    action: z.string(),
    status: onOrOff,
    uuid: z.string(),
    created: z.string().meta({ example: '2020-05-14T02:20:14+0000' }),
    enable: onOrOff.optional().meta({ description: 'Of a default only.' }),
  }),
  relationships: z.object({
    target_type: z.object({ data: z.object({ type: z.literal(TERM_TYPE), id: z.string() }) }),
  }),
  links,
});

export const resource = z.object({ data: resourceObject, links }).meta({ id: 'PortalSubscription' });

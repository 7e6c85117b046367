import * as z from 'zod';
import type { ListedPortalSubscription } from '../../../services/portal';
import type { PortalBundle } from '../../../services/portal/owner';
import { JSON_API } from '../../portalForm';
import { ProblemError } from '../../problems';
import type { Answer } from '../../route';
import { integerText } from '../v1/shapes';
import { toListed } from './answers';
import { action, bundle, created, MAX_TARGET_TYPE } from './shapes';

const MAX_PAGE = 1_000_000_000;
const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 10;

const FORMATS: ReadonlyMap<string, string> = new Map([
  ['json', 'application/json'],
  ['hal_json', 'application/hal+json'],
]);

/** `_format` decides what a list is; whoever takes any JSON takes it. */
export const LIST_MEDIA_TYPES = [...FORMATS.values(), JSON_API];

export const listQuery = z.object({
  _format: z
    .string()
    .default('json')
    .meta({
      description: 'Media type of the list: `json` is application/json, `hal_json` is application/hal+json.',
      override: { default: 'json', enum: [...FORMATS.keys()] },
      example: 'json',
    }),
  action: action.optional(),
  type: bundle.optional(),
  target_type: integerText({ min: 0, max: MAX_TARGET_TYPE })
    .optional()
    .meta({ description: 'Only those of the target type with this number.', example: 7 }),
  page: integerText({ min: 0, max: MAX_PAGE })
    .default(0)
    .meta({ description: 'Number of the page, from 0.', override: { default: 0 }, example: 0 }),
  items_per_page: integerText({ min: 1, max: MAX_PAGE_SIZE })
    .default(DEFAULT_PAGE_SIZE)
    .meta({
      description: 'How many subscriptions a page holds at most.',
      override: { default: DEFAULT_PAGE_SIZE },
      example: DEFAULT_PAGE_SIZE,
    }),
});

/** What `listQuery` parsed, as the service takes it. */
export function listRequest({ action, type, target_type, page, items_per_page }: z.output<typeof listQuery>) {
  return { action, type, targetType: target_type, page, pageSize: items_per_page };
}

/** @throws ProblemError 406. */
export function mediaTypeOf({ _format }: z.output<typeof listQuery>): string {
  const mediaType = FORMATS.get(_format);
  if (!mediaType) throw new ProblemError({ status: 406, detail: `_format is ${[...FORMATS.keys()].join(' or ')}` });
  return mediaType;
}

const listedSubscription = z
  .object({
    id: z.string().meta({ description: 'Number of the subscription, as text.', example: '5' }),
    uuid: z.string().meta({ description: 'Its uuid.', example: '18926ba9-4a93-429d-ae63-27836af5d369' }),
    target_id: z.string().meta({ description: 'Id of the subscribed column.', example: '88981' }),
    title: z.string().nullable().meta({ description: 'Title for people; null: none.', example: '新闻公告订阅' }),
    target_type: z.string().meta({ description: 'Number of the target type, as text.', example: '7' }),
    action,
    type: bundle,
    created,
    enable: z
      .union([z.literal(0), z.literal(1)])
      .optional()
      .meta({ description: 'Only of defaults: 1 when it applies, 0 when not.', example: 1 }),
  })
  .meta({ id: 'ListedPortalSubscription' });

export const listed = z.array(listedSubscription).meta({ id: 'PortalSubscriptions' });

export function listAnswer(
  list: ListedPortalSubscription[],
  { bundle: of, mediaType }: { bundle: PortalBundle; mediaType: string },
): Answer {
  return { mediaType, body: list.map((subscription) => toListed(of, subscription)) };
}

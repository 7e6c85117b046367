import * as z from 'zod';
import { MAX_TARGET_BYTES } from '../../../domain/portalTargets';
import type { PortalPage } from '../../../services/portal';
import { JSON_API } from '../../portalForm';
import { ProblemError } from '../../problems';
import type { Answer } from '../../route';
import { filledText, integerText, text } from '../v1/shapes';
import { type Asked, toListed, toResource } from './answers';
import { action, bundle, created, MAX_TARGET_TYPE, resourceObject, SUBSCRIPTION_PATH, TITLE_BYTES } from './shapes';

const MAX_PAGE = 1_000_000_000;
const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 10;

const FORMATS: ReadonlyMap<string, string> = new Map([
  ['json', 'application/json'],
  ['hal_json', 'application/hal+json'],
]);

/** Whoever takes any JSON gets the published array. */
export const LIST_MEDIA_TYPES = [...FORMATS.values(), JSON_API];

const targetType = integerText({ min: 0, max: MAX_TARGET_TYPE })
  .optional()
  .meta({ description: 'Only those of the target type with this number.', example: 7 });
const targetId = filledText({ maxBytes: MAX_TARGET_BYTES })
  .optional()
  .meta({ description: 'Only those of the column with this id.', example: '88981' });
const title = text({ maxBytes: TITLE_BYTES })
  .optional()
  .meta({ description: 'Only those with this title.', example: '新闻公告订阅' });
const pageNumber = integerText({ min: 0, max: MAX_PAGE });
const pageSize = integerText({ min: 1, max: MAX_PAGE_SIZE });

/** The published names, and JSON:API's for the same. */
export const listShape = {
  _format: z
    .string()
    .optional()
    .meta({
      description:
        'Media type of the list: `json` is application/json, `hal_json` is application/hal+json. Without it, a JSON:API ' +
        `document where \`Accept\` prefers ${JSON_API}, the published array otherwise.`,
      override: { enum: [...FORMATS.keys()] },
      example: 'json',
    }),
  action: action.optional(),
  type: bundle.optional(),
  target_type: targetType,
  target_id: targetId,
  title,
  page: z
    .union([z.literal('').transform(() => undefined), pageNumber], { error: `must be a number from 0 to ${MAX_PAGE}` })
    .optional()
    .meta({
      description: 'Number of the page, from 0; empty: none is named.',
      override: {
        ...{ type: 'integer', format: 'int32', anyOf: undefined },
        ...{ minimum: 0, maximum: MAX_PAGE, default: 0 },
      },
      example: 0,
    }),
  items_per_page: pageSize.optional().meta({
    description: 'How many subscriptions a page holds at most.',
    override: { default: DEFAULT_PAGE_SIZE },
    example: DEFAULT_PAGE_SIZE,
  }),
  'filter[action]': action.optional().meta({ description: 'The same as `action`.' }),
  'filter[target_type]': targetType.meta({ description: 'The same as `target_type`.' }),
  'filter[target_id]': targetId.meta({ description: 'The same as `target_id`.' }),
  'filter[title]': title.meta({ description: 'The same as `title`.' }),
  'page[offset]': pageNumber
    .optional()
    .meta({ description: 'How many to leave out from the start, instead of `page`.', example: 0 }),
  'page[limit]': pageSize.optional().meta({ description: 'The same as `items_per_page`.', example: DEFAULT_PAGE_SIZE }),
};

type ListQuery = { [Name in keyof typeof listShape]?: z.output<(typeof listShape)[Name]> };

/** What the query asks for, as the service takes it. */
export function listRequest(query: ListQuery) {
  const limit = query['page[limit]'] ?? query.items_per_page ?? DEFAULT_PAGE_SIZE;
  return {
    action: query['filter[action]'] ?? query.action,
    type: query.type,
    targetType: query['filter[target_type]'] ?? query.target_type,
    targetId: query['filter[target_id]'] ?? query.target_id,
    title: query['filter[title]'] ?? query.title,
    limit,
    offset: query['page[offset]'] ?? (query.page ?? 0) * limit,
  };
}

/** @param preferred by `Accept`. @throws ProblemError 406. */
export function mediaTypeOf({ _format }: ListQuery, preferred: string | undefined): string {
  if (_format === undefined) return preferred === JSON_API ? JSON_API : 'application/json';
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

/** The published array. */
const listed = z.array(listedSubscription).meta({ id: 'PortalSubscriptions' });

const pageLink = (description: string, offset: number) =>
  z.string().meta({ description, example: `${SUBSCRIPTION_PATH}?page%5Boffset%5D=${offset}&page%5Blimit%5D=10` });

const pageLinks = z
  .object({
    self: pageLink('This page.', 10),
    first: pageLink('The first page.', 0),
    prev: pageLink('The page before; null on the first one.', 0).nullable(),
    next: pageLink('The page after; null on the last one.', 20).nullable(),
  })
  .meta({ id: 'PortalPageLinks', description: 'Pages of the list.' });

const listDocument = z
  .object({ data: z.array(resourceObject).meta({ description: 'The subscriptions of the page.' }), links: pageLinks })
  .meta({ id: 'PortalSubscriptionDocument', description: `Where \`Accept\` prefers ${JSON_API}.` });

/** A page of every list. */
export const listSuccess = {
  status: 200,
  description: 'A page of them.',
  schema: listed,
  otherForms: { [JSON_API]: listDocument },
};

/** @param path of the list. */
export function listAnswer(
  { items, hasMore }: PortalPage,
  { mediaType, path, ...asked }: Asked & { mediaType: string; path: string },
): Answer {
  const headers = { vary: 'Accept' };
  if (mediaType !== JSON_API) return { headers, mediaType, body: items.map((item) => toListed(asked.bundle, item)) };
  const { limit, offset } = listRequest(asked.query);
  const at = (from: number) => `${path}?${linkQuery(asked.query, { offset: from, limit })}`;
  const links = {
    self: at(offset),
    first: at(0),
    prev: offset > 0 ? at(Math.max(0, offset - limit)) : null,
    next: hasMore ? at(offset + limit) : null,
  };
  return { headers, mediaType, body: { data: items.map((item) => toResource(asked, item)), links } };
}

const PAGING = new Set(['page', 'items_per_page', 'page[offset]', 'page[limit]']);

/** What the list was asked for, with another place in it. */
function linkQuery(query: Record<string, unknown>, { offset, limit }: { offset: number; limit: number }): string {
  const kept = Object.entries(query).filter(([name, value]) => !PAGING.has(name) && value !== undefined);
  const pairs = kept.map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams([...pairs, ['page[offset]', `${offset}`], ['page[limit]', `${limit}`]]).toString();
}

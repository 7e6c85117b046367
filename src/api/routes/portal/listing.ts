import * as z from 'zod';
import { MAX_TARGET_BYTES } from '../../../domain/portalTargets';
import type { PortalPage } from '../../../services/portal';
import { JSON_API } from '../../portalForm';
import { ProblemError } from '../../problems';
import type { Answer } from '../../route';
import { filledText, integerText, text } from '../v1/shapes';
import { type Asked, toListed, toResource } from './answers';
import { action, bundle, MAX_TARGET_TYPE, resourceObject, TITLE_BYTES } from './shapes';

const MAX_PAGE = 1_000_000_000;
const MAX_PAGE_SIZE = 100;
const DEFAULT_PAGE_SIZE = 10;

const FORMATS: ReadonlyMap<string, string> = new Map([
  ['json', 'application/json'],
  ['hal_json', 'application/hal+json'],
]);

/** Whoever takes any JSON gets the published array. */
export const LIST_MEDIA_TYPES = [...FORMATS.values(), JSON_API];

const targetType = integerText({ min: 0, max: MAX_TARGET_TYPE }).optional();
const targetId = filledText({ maxBytes: MAX_TARGET_BYTES }).optional();
const title = text({ maxBytes: TITLE_BYTES }).optional();
const pageNumber = integerText({ min: 0, max: MAX_PAGE });
const pageSize = integerText({ min: 1, max: MAX_PAGE_SIZE });

/** The published names, and JSON:API's for the same. */
export const listShape = {
  _format: z
    .string()
    .optional()
    .meta({
      description:
        `One of ${[...FORMATS.keys()].join(', ')}. Without it, a JSON:API document where \`Accept\` prefers ${JSON_API}, the ` +
        'published array otherwise.',
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
      override: { type: 'integer', minimum: 0, maximum: MAX_PAGE, default: 0 },
    }),
  items_per_page: pageSize.optional().meta({ override: { default: DEFAULT_PAGE_SIZE } }),
  'filter[action]': action.optional(),
  'filter[target_type]': targetType,
  'filter[target_id]': targetId,
  'filter[title]': title,
  'page[offset]': pageNumber.optional().meta({ description: 'How many to leave out, instead of `page`.' }),
  'page[limit]': pageSize.optional().meta({ description: 'Instead of `items_per_page`.' }),
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

const listed = z
  .array(
    z.object({
      id: z.string().meta({ description: 'A number.', example: '5' }),
      uuid: z.string(),
      target_id: z.string(),
      title: z.string().nullable(),
      target_type: z.string().meta({ example: '7' }),
      action,
      type: bundle,
      created: z.string().meta({ example: '2020-05-14T02:20:14+0000' }),
      enable: z
        .union([z.literal(0), z.literal(1)])
        .optional()
        .meta({ description: 'Of defaults only.' }),
    }),
  )
  .meta({ id: 'PortalSubscriptions' });

const link = z.string().nullable();

/** Answers of every list, by media type. */
export const listAnswers = z.union([
  listed,
  z
    .object({
      data: z.array(resourceObject),
      links: z.object({ self: z.string(), first: z.string(), prev: link, next: link }),
    })
    .meta({ id: 'PortalSubscriptionDocument', description: `Where \`Accept\` prefers ${JSON_API}.` }),
]);

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

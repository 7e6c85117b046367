import * as z from 'zod';
import type { ListedPortalSubscription } from '../../../services/portal';
import type { PortalBundle } from '../../../services/portal/owner';
import { JSON_API } from '../../portalForm';
import { ProblemError } from '../../problems';
import type { Answer } from '../../route';
import { integerText } from '../v1/shapes';
import { toListed } from './answers';
import { action, bundle, MAX_TARGET_TYPE } from './shapes';

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
    .meta({ description: `One of ${[...FORMATS.keys()].join(', ')}.`, override: { default: 'json' } }),
  action: action.optional(),
  type: bundle.optional(),
  target_type: integerText({ min: 0, max: MAX_TARGET_TYPE }).optional(),
  page: integerText({ min: 0, max: MAX_PAGE })
    .default(0)
    .meta({ description: 'Number of the page, from 0.', override: { default: 0 } }),
  items_per_page: integerText({ min: 1, max: MAX_PAGE_SIZE })
    .default(DEFAULT_PAGE_SIZE)
    .meta({ override: { default: DEFAULT_PAGE_SIZE } }),
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

export const listed = z
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

export function listAnswer(
  list: ListedPortalSubscription[],
  { bundle: of, mediaType }: { bundle: PortalBundle; mediaType: string },
): Answer {
  return { mediaType, body: list.map((subscription) => toListed(of, subscription)) };
}

import * as z from 'zod';
import type { CmdbPage } from '../../../services/cmdb/search';
import { CODES, cmdbForm } from '../../cmdbForm';
import { defineRoute } from '../../route';
import { text } from '../v1/shapes';
import { subscriptionRow, toRow } from './rows';
import { ACCESS, answered, bodyObject, done, placeInBody, placeOf, placePath, requireSamePlace, TAG } from './shapes';

const MAX_LIMIT = 200;
const VALUE_BYTES = 2048;

/** A field of the row, as the services know it. */
const SORT_KEYS: Readonly<Record<string, CmdbPage['sort']['by']>> = {
  subscription_id: 'number',
  subscription_name: 'name',
  system_name: 'systemName',
  callback_url: 'callbackUrl',
  confirm_mode: 'confirmMode',
  confirm_pattern: 'confirmPattern',
  subscription_form: 'topics',
  timeout: 'timeoutMs',
  last_time: 'changedAt',
  operator: 'operator',
};

const integer = z
  .number({ error: 'must be an integer' })
  .refine(Number.isInteger, { error: 'must be an integer' })
  .meta({ override: { type: 'integer', format: 'int64' } });

const page = z
  .object(
    {
      start: integer
        .refine((start) => start >= 0, { error: 'must not be negative' })
        .nullish()
        .meta({ description: 'How many subscriptions to leave out at the start.', example: 0 }),
      limit: integer.nullish().meta({
        description: `How many subscriptions the answer holds: at most ${MAX_LIMIT}, which is also the default.`,
        example: 10,
      }),
      sort: text({ maxBytes: VALUE_BYTES }).nullish().meta({
        description: 'A field of the row, descending with a leading `-`. Default: subscription_id.',
        example: 'subscription_name',
      }),
    },
    { error: 'must be an object' },
  )
  .meta({ id: 'CmdbPage', description: 'Which part of the list, in which order.' })
  .nullish();

const equal = (field: string, example: string) =>
  text({ maxBytes: VALUE_BYTES })
    .nullish()
    .meta({ description: `Only those whose ${field} equals this.`, example });
const condition = z
  .strictObject(
    {
      subscription_name: equal('subscription_name', 'mysubscribe'),
      system_name: equal('system_name', 'SystemName'),
      callback_url: equal('callback_url', 'http://127.0.0.1:9000/cmdb'),
    },
    { error: ({ code }) => (code === 'unrecognized_keys' ? undefined : 'must be an object') },
  )
  .meta({ id: 'CmdbCondition', description: 'Only those that equal each of these.' })
  .nullish();

export const searchCmdbSubscriptions = defineRoute({
  isList: true,
  operationId: 'searchCmdbSubscriptions',
  method: 'post',
  path: '/api/{version}/event/subscribe/search/{bk_supplier_account}/{bk_biz_id}',
  summary: 'Search CMDB subscriptions',
  description: "Those of the key's app in the business; for operators, of every app. Unknown fields are ignored.",
  tag: TAG,
  access: ACCESS,
  form: cmdbForm({ 500: CODES.notSelected }),
  params: placePath,
  body: bodyObject({ ...placeInBody, page, condition }).meta({
    id: 'CmdbSearch',
    example: { page: { start: 0, limit: 10, sort: 'subscription_name' } },
  }),
  success: {
    status: 200,
    description: 'A page of subscriptions, if `result` says so.',
    schema: answered(
      'CmdbSubscriptions',
      z.array(subscriptionRow).meta({ description: 'The subscriptions of the page.' }),
    ),
  },
  errors: [404],
  async handle({ caller, params, body, services }) {
    requireSamePlace(params, body);
    const found = await services.cmdb.search({ caller, ...placeOf(params), page: pageOf(body) });
    return { body: done(found.map(toRow)) };
  },
});

function pageOf(body: { page?: z.output<typeof page>; condition?: z.output<typeof condition> }): CmdbPage {
  const { start, limit, sort } = body.page ?? {};
  const { subscription_name: name, system_name: systemName, callback_url: callbackUrl } = body.condition ?? {};
  return {
    start: Math.min(start ?? 0, Number.MAX_SAFE_INTEGER),
    limit: limit && limit > 0 ? Math.min(limit, MAX_LIMIT) : MAX_LIMIT,
    sort: sortOf(sort ?? ''),
    condition: { name: name ?? undefined, systemName: systemName ?? undefined, callbackUrl: callbackUrl ?? undefined },
  };
}

function sortOf(given: string): CmdbPage['sort'] {
  const descending = given.startsWith('-');
  const field = descending ? given.slice(1) : given;
  return { by: Object.hasOwn(SORT_KEYS, field) ? (SORT_KEYS[field] ?? 'number') : 'number', descending };
}

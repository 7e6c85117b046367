import * as z from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { Refusal } from '../services/errors';
import { idempotencyHeader } from './idempotencyKey';
import { bodyLimitBytes, errorStatuses, isBodyOptional, type Route } from './route';

const JSON_TYPE = 'application/json';

const SECURITY_SCHEME = 'key';

/** The OpenAPI 3.1 document, out of the very schemas that the routes validate with. */
export function buildDocument(routes: readonly Route[]) {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'Postrider',
      version: '1',
      description: 'Events in over REST, out to every subscriber over webhooks: at least once, however long it takes.',
    },
    components: {
      securitySchemes: {
        [SECURITY_SCHEME]: {
          type: 'http',
          scheme: 'bearer',
          description: '`Authorization: Bearer pr_<id>_<secret>`; the key as it is, without `Bearer`, is taken too.',
        },
      },
    },
    paths,
  });
}

function operation(route: Route): ZodOpenApiOperationObject {
  const access = route.access === 'public' ? undefined : `For keys with one of the roles: ${route.access.join(', ')}.`;
  return {
    operationId: operationId(route),
    summary: route.summary,
    description: [route.description, access].filter(Boolean).join('\n\n') || undefined,
    tags: [route.tag],
    security: route.access === 'public' ? [] : [{ [SECURITY_SCHEME]: [] }],
    requestParams: {
      ...(route.params instanceof z.ZodObject && { path: route.params }),
      ...(route.query instanceof z.ZodObject && { query: route.query }),
      ...((route.headers || route.makes) && { header: headersOf(route) }),
    },
    ...(route.body && {
      requestBody: {
        required: !isBodyOptional(route),
        description: bodyLimitInWords(route),
        content: Object.fromEntries((route.consumes ?? [JSON_TYPE]).map((type) => [type, { schema: route.body }])),
      },
    }),
    responses: { ...success(route), ...errors(route), ...otherAnswers(route) },
  };
}

function headersOf({ headers = z.object({}), makes }: Route): z.ZodObject {
  return makes ? headers.extend(idempotencyHeader.shape) : headers;
}

function bodyLimitInWords({ bodyLimit }: Route): string {
  if (bodyLimit === 'event') return 'At most MAX_EVENT_BYTES bytes, by default 262144.';
  return `At most ${bodyLimitBytes({ bodyLimit }, 0)} bytes.`;
}

/** `post /v1/deliveries/{id}/retry` → `post_v1_deliveries_id_retry`: as unique as the route. */
function operationId({ method, path }: Route): string {
  return [method, ...path.split(/[^A-Za-z0-9]+/)].filter(Boolean).join('_');
}

function success(route: Route): ZodOpenApiResponsesObject {
  const { status, description, schema, mediaType = JSON_TYPE, headers } = route.success;
  const named = Object.entries(headers ?? {}).map(([name, says]) => [
    name,
    { description: says, schema: { type: 'string' as const } },
  ]);
  const isRefusalToo = refusals(route).some(({ answeredWith }) => answeredWith === status);
  const shown = schema && isRefusalToo ? z.union([schema, route.form.schema]) : schema;
  return {
    [`${status}`]: {
      description: isRefusalToo ? `${description} Or what was refused, and why.` : description,
      ...(shown && { content: { [mediaType]: { schema: shown } } }),
      ...(named.length > 0 && { headers: Object.fromEntries(named) }),
    },
  };
}

/** By a use case: a path that there is not is no answer of a route's. */
const REFUSED = new Refusal(404, '');

/** Each with the HTTP status that it is answered with: an interface's may be another one than the refusal's own. */
function refusals(route: Route): { status: number; answeredWith: number }[] {
  return errorStatuses(route).map((status) => ({
    status,
    answeredWith: route.form.render({ status, detail: '', cause: REFUSED }, '').status,
  }));
}

const DESCRIPTIONS: Record<number, string> = {
  400: 'The request is not as it must be; names what is wrong.',
  401: 'No valid key.',
  403: 'The key may not do this.',
  404: 'There is no such thing in what the key may see.',
  409: 'Conflicts with the current state, is taken already, or is one more than a quota allows.',
  412: 'Has changed since: it has none of the ETags in If-Match.',
  413: 'The body is too large.',
  415: 'The body is not of a media type, charset or encoding (gzip, br) that is taken.',
  429: 'Too many calls, or bytes of bodies, with this key, or too many calls without one; Retry-After says when to go on.',
  500: 'A fault of the service.',
  503: 'Not available now; Retry-After says when to try again.',
};

function errors(route: Route): ZodOpenApiResponsesObject {
  const content = { [route.form.mediaType]: { schema: route.form.schema } };
  return Object.fromEntries(
    refusals(route)
      .filter(({ answeredWith }) => answeredWith !== route.success.status)
      .map(({ status, answeredWith }) => [
        `${answeredWith}`,
        { description: DESCRIPTIONS[status] ?? 'Refused.', content },
      ]),
  );
}

function otherAnswers({ otherAnswers: others = {} }: Route): ZodOpenApiResponsesObject {
  return Object.fromEntries(
    Object.entries(others).map(([status, { description, schema }]) => [
      status,
      { description, content: { [JSON_TYPE]: { schema } } },
    ]),
  );
}

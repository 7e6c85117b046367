import * as z from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { Refusal } from '../services/errors';
import { idempotencyHeader } from './idempotencyKey';
import { clientFriendly } from './openapi/clientFriendly';
import { describeParameters } from './openapi/describeParameters';
import { TAGS } from './openapi/tags';
import { webhooks } from './openapi/webhooks';
import { bodyLimitBytes, errorStatuses, isBodyOptional, type Route } from './route';

const JSON_TYPE = 'application/json';

/** Both carry the same key: `Sign` is the scheme that the data-push interface was published with. */
const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: '`Authorization: Bearer pr_<id>_<secret>`.',
  },
  Sign: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: '`Authorization: pr_<id>_<secret>`: the key as it is, without `Bearer`.',
  },
} as const;
const WITH_KEY = Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] }));
const TAG_NAMES = Object.keys(TAGS);

/** The OpenAPI 3.1 document, out of the very schemas that the routes validate with. */
export function buildDocument(routes: readonly Route[]) {
  const paths: ZodOpenApiPathsObject = {};
  const inOrder = [...routes].sort((a, b) => TAG_NAMES.indexOf(a.tag) - TAG_NAMES.indexOf(b.tag));
  for (const route of inOrder) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  }
  const document = {
    openapi: '3.1.0' as const,
    info: {
      title: 'Postrider',
      version: '1',
      description: 'Events in over REST, out to every subscriber over webhooks: at least once, however long it takes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: '/', description: 'The installation that serves this document.' },
      {
        url: '{scheme}://{host}:{port}',
        description: 'Any other installation; the defaults are those of `npm start`.',
        variables: {
          scheme: { default: 'http', enum: ['http', 'https'], description: 'https behind a proxy that ends TLS.' },
          host: { default: '127.0.0.1', description: 'Its host: HOST of the installation.' },
          port: { default: '8080', description: 'Its port: PORT of the installation.' },
        },
      },
    ],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    components: { securitySchemes: SECURITY_SCHEMES },
    paths,
    webhooks: webhooks(),
  };
  return describeParameters(createDocument(document, { override: clientFriendly }));
}

function operation(route: Route): ZodOpenApiOperationObject {
  const access = route.access === 'public' ? undefined : `For keys with one of the roles: ${route.access.join(', ')}.`;
  return {
    operationId: route.operationId,
    summary: route.summary,
    description: [route.description, access].filter(Boolean).join('\n\n') || undefined,
    tags: [route.tag],
    security: route.access === 'public' ? [] : WITH_KEY,
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

function success(route: Route): ZodOpenApiResponsesObject {
  const { status, description, schema, mediaType = JSON_TYPE, otherForms = {}, headers } = route.success;
  const named = Object.entries(headers ?? {}).map(([name, says]) => [
    name,
    { description: says, schema: { type: 'string' as const } },
  ]);
  const isRefusalToo = refusals(route).some(({ answeredWith }) => answeredWith === status);
  return {
    [`${status}`]: {
      description: isRefusalToo ? `${description} Or what was refused, and why.` : description,
      ...(schema && {
        content: Object.fromEntries(
          Object.entries({ [mediaType]: schema, ...otherForms }).map(([type, form]) => [type, { schema: form }]),
        ),
      }),
      ...(named.length > 0 && { headers: Object.fromEntries(named) }),
    },
  };
}

/** A 404 raised by a use case. Unknown paths are answered by the router and are not documented per route. */
const REFUSED = new Refusal(404, '');

/** Each with the HTTP status that it is answered with: an interface's may be another one than the refusal's own. */
function refusals(route: Route): { status: number; answeredWith: number }[] {
  return errorStatuses(route).map((status) => ({
    status,
    answeredWith: route.form.render({ status, detail: '', cause: REFUSED }, '').status,
  }));
}

const DESCRIPTIONS: Record<number, string> = {
  400: 'The request is invalid; the answer names what is wrong.',
  401: 'No valid key.',
  403: 'The key may not do this.',
  404: 'Not found, or not visible to this key.',
  409: 'Conflicts with the current state, is taken already, or exceeds a quota.',
  412: 'Has changed since: it has none of the ETags in `If-Match`.',
  413: 'The body is too large.',
  415: 'The body is not of a media type, charset or encoding (gzip, br) that is taken.',
  429: 'Too many calls, or bytes of bodies, with this key or this address. `Retry-After` says in how many seconds to go on.',
  500: 'The service failed.',
  503: 'Not available now. `Retry-After` says in how many seconds to try again.',
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
      { description, ...(schema && { content: { [JSON_TYPE]: { schema } } }) },
    ]),
  );
}

import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type * as z from 'zod';
import type { Role } from '../contracts/states';
import type { Scope } from '../domain/scope';
import type { Services } from '../services';
import type { Caller } from '../services/caller';
import type { Metrics } from '../services/metrics';
import type { Cursors } from './cursors';
import type { ErrorForm } from './errorForm';
import type { Tag } from './openapi/tags';

/** One part of the installation, as `/readyz` shows it. */
export interface ReadinessPart {
  ok: boolean;
  /** What is wrong, or has to be known, in words without secrets. */
  detail?: string;
  /** PostgreSQL only: the database's clock minus this process's. */
  clockOffsetMs?: number;
}
export type ReadinessPartName = 'postgres' | 'temporal' | 'worker' | 'reconcile' | 'retention' | 'searchAttributes';

export interface Readiness {
  parts: Record<ReadinessPartName, ReadinessPart> & {
    /** Only while the process stops. */
    process?: ReadinessPart;
  };
  /** Without each of these the process cannot do the work of its role. */
  needed: readonly (ReadinessPartName | 'process')[];
}

/** What handlers work with: the use cases, and what the operations routes show. */
export interface ApiServices extends Services {
  readiness(): Promise<Readiness>;
  metrics: Metrics;
}

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;
type OptionalSchema = z.ZodType | undefined;

export interface HandlerInput<Params, Query, Body> {
  /** Of a public route: a caller without any role. */
  caller: Caller;
  /** What of subscriptions, deliveries and events the caller sees: of its roles operator and subscriber alone. */
  scope: Scope;
  params: Params;
  query: Query;
  body: Body;
  /** The body's text as it came; '' where the route takes none. */
  rawBody: string;
  /** The text of each member that the schema names, if the route has `asText`. */
  bodyTexts: ReadonlyMap<string, string>;
  /** How many names, lists and objects the body holds, if the route has `asText`. */
  bodySize: number;
  /** Opens and seals the cursors of this route for this caller. */
  cursors: Cursors;
  headers: IncomingHttpHeaders;
  /** Of those that the route produces, the one that `Accept` prefers. undefined: the route does not say what it produces. */
  mediaType: string | undefined;
  services: ApiServices;
}

export interface Answer {
  /** Default: the status of the route's `success`. */
  status?: number;
  headers?: OutgoingHttpHeaders;
  /** Default: that of the route's `success`. */
  mediaType?: string;
  /** Sent as JSON; as it is (string or Buffer) where the route's media type is not JSON. undefined: no body. */
  body?: unknown;
}

export interface RouteSpec<
  Params extends OptionalSchema = OptionalSchema,
  Query extends OptionalSchema = OptionalSchema,
  Body extends OptionalSchema = OptionalSchema,
> {
  /** The name of the route's file: generated clients name their method after it. */
  operationId: string;
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/v1/tenants/{id}`. */
  path: string;
  summary: string;
  description?: string;
  /** Group in the document. */
  tag: Tag;
  /** Any of these roles; `platform` includes `producer`. */
  access: readonly Role[] | 'public';
  form: ErrorForm;
  /** z.object over the path's names; values are percent-decoded strings. */
  params?: Params;
  /** z.object; values are strings, of a repeated parameter arrays of them. */
  query?: Query;
  /**
   * It makes something, with `answerOnce` (services/repeats.ts): an `Idempotency-Key` makes it safe to repeat. Every POST
   * that makes something says so.
   */
  makes?: boolean;
  /** Names of headers that the route reads beside Authorization, with their schemas: for the document only. */
  headers?: z.ZodObject;
  /** JSON. Where there is one, the caller must send a body. */
  body?: Body;
  /** Media types that a body may have, without parameters; any other one, but not none at all, is 415. Default: JSON. */
  consumes?: readonly string[];
  /** Media types that the route can answer with: an `Accept` that excludes them all is 406. Default: it is not looked at. */
  produces?: readonly string[];
  /** The largest body in bytes: fits the largest honest one. `event` is MAX_EVENT_BYTES. Default SMALL_BODY_LIMIT. */
  bodyLimit?: number | 'event';
  /**
   * The body is passed on as it came. Of its members only texts, numbers and literals are parsed; lists and objects are
   * checked, but the schema sees only whether a list is empty. `bodyTexts` has them. The schema must be a z.object.
   */
  asText?: boolean;
  success: {
    status: number;
    description: string;
    schema?: z.ZodType;
    /** Default application/json. */
    mediaType?: string;
    /** What it is in further media types. */
    otherForms?: Readonly<Record<string, z.ZodType>>;
    /** Name → what it says. */
    headers?: Readonly<Record<string, string>>;
  };
  /** Answers of other statuses that are no error: 201 of a PUT that has made it, 304, 503 that says what is wrong. */
  otherAnswers?: Readonly<Record<number, { description: string; schema?: z.ZodType }>>;
  /** Works on the connections of the hot path alone, of which no caller's tenant has a part. */
  isHotPath?: boolean;
  /** Makes a page of many rows, so it takes turns (`ListTurns`). Default: GETs with a query. */
  isList?: boolean;
  /** Of a public route: how many calls without a key one call counts as. Default 1, which fits an answer of some kB. */
  anonymousCost?: number;
  /** A page for browsers: carries the security headers of one. */
  page?: boolean;
  /** Statuses beyond those that every route has: 429, 500, 503; 401, 403 (not public); 400, 413, 415 (with a body). */
  errors: readonly number[];
  handle(input: HandlerInput<Parsed<Params>, Parsed<Query>, Parsed<Body>>): Promise<Answer>;
}

export interface Route extends Omit<RouteSpec, 'handle'> {
  handle(input: HandlerInput<unknown, unknown, unknown>): Promise<Answer>;
}

/** One way in. */
export interface ApiInterface {
  routes: readonly Route[];
  /** Pages of other origins may call it, if CORS_ORIGINS names them. */
  isForBrowsers?: boolean;
  /** Whose form a call gets that no route takes. */
  paths: RegExp;
  form: ErrorForm;
}

/** One endpoint: what it takes, who may call it, what it answers, and the handler that gets it validated. */
export function defineRoute<
  Params extends OptionalSchema = undefined,
  Query extends OptionalSchema = undefined,
  Body extends OptionalSchema = undefined,
>(spec: RouteSpec<Params, Query, Body>): Route {
  return spec as Route;
}

/** Fits the ten or so fields of most calls, with all that they may hold, and each character of it escaped. */
const SMALL_BODY_LIMIT = 32 * 1024;

export function bodyLimitBytes(
  { bodyLimit = SMALL_BODY_LIMIT }: Pick<Route, 'bodyLimit'>,
  maxEventBytes: number,
): number {
  return bodyLimit === 'event' ? maxEventBytes : bodyLimit;
}

/** Every status that a route can answer with instead of its success. */
export function errorStatuses(route: Route): number[] {
  const always = [429, 500, 503];
  if (route.access !== 'public') always.push(401, 403);
  if (route.body) always.push(400, 413, 415);
  if (route.params || route.query) always.push(400);
  if (route.produces) always.push(406);
  if (route.makes) always.push(400, 409);
  return [...new Set([...always, ...route.errors])].sort((a, b) => a - b);
}

/** Whether a call without any body is in order: its schema has a default for it. */
export function isBodyOptional({ body }: Pick<Route, 'body'>): boolean {
  return body?.safeParse(undefined).success ?? true;
}

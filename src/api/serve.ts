import type { OutgoingHttpHeaders } from 'node:http';
import type { Request, Response } from 'express';
import type * as z from 'zod';
import type { Scope } from '../domain/scope';
import { asCaller, type CallOfActor } from '../services/asCaller';
import { type Caller, hasRole } from '../services/caller';
import type { Authenticate } from '../services/keys/authenticate';
import { type AnonymousDeps, admitAnonymous } from './anonymous';
import { sendAnswer } from './answer';
import type { CallTurns } from './callTurns';
import { type Answering, commonHeaders } from './commonHeaders';
import type { ConnectionShares } from './connections/connectionShares';
import type { Cors } from './cors';
import { type CursorSeal, Cursors } from './cursors';
import { ANSWER_WITHIN_MS, answerWithin } from './deadline';
import { idempotencyKeyOf, requestHash } from './idempotencyKey';
import { stringifyInTurns } from './json/stringifyInTurns';
import { requireMediaTypes } from './mediaTypes';
import { invalidInput, ProblemError } from './problems';
import { queryOf } from './query';
import type { RateLimit } from './rateLimit';
import { rateLimitHeaders } from './rateLimitHeaders';
import { type BodyDeps, createBodyReader } from './requestBody';
import type { Answer, ApiServices, HandlerInput, Route } from './route';
import { inOurWords } from './wording';

const ANONYMOUS: Caller = { keyId: '', tenantId: null, appId: null, roles: [], subject: null };

/** As nginx counts them; nobody gets it. */
const CLIENT_CLOSED_REQUEST = 499;

/** An id cannot be empty, so this matches nothing. */
const NOTHING: Scope = { kind: 'app', tenantId: '', appId: '' };

export interface ServeDeps extends AnonymousDeps, BodyDeps {
  services: ApiServices;
  authenticate: Authenticate;
  rateLimit: RateLimit;
  callTurns: CallTurns;
  /** A connection that has shown a valid key counts for its tenant from then on. */
  connections: Pick<ConnectionShares, 'showedKey'>;
  cursorSeal: CursorSeal;
  cors: Cors;
  onAudited: CallOfActor['onAudited'];
}

/** Who is answering what, for the one place that renders errors. */
export interface Locals extends Answering {
  route?: Route;
  caller?: Caller;
  startedAtMs: number;
}

interface Admission {
  locals: Locals;
  /** Gets what the key has left. */
  common: OutgoingHttpHeaders;
}

/** One call from its header to its answer. What it throws is rendered by the API's one error middleware. */
export function serve(route: Route, deps: ServeDeps) {
  const { services, authenticate, rateLimit, connections, cursorSeal, cors, onAudited, callTurns } = deps;
  const readBody = createBodyReader(route, deps);
  const isList = route.isList ?? (route.method === 'get' && route.query !== undefined && route.access !== 'public');
  const isPaced = !route.isHotPath && route.access !== 'public';
  const labels = { method: route.method, route: route.path };

  return async (request: Request, response: Response<unknown, Locals>): Promise<void> => {
    const { locals } = response;
    locals.route = route;
    locals.startedAtMs = performance.now();
    const { requestId, headers: common } = commonHeaders(request, response, cors);
    const caller = await admit(request, { locals, common });
    const admittedInMs = performance.now() - locals.startedAtMs;

    const mediaType = requireMediaTypes(route, request);
    const params = validated(route.params, request.params);
    const query = validated(route.query, route.query && queryOf(request.url));
    const { raw, value, texts, size } = await readBody(request, caller);
    const input = {
      caller,
      scope: scopeOf(caller),
      params,
      query,
      body: validated(route.body, value),
      rawBody: raw,
      bodyTexts: texts,
      bodySize: size,
      cursors: new Cursors({ seal: cursorSeal, route, caller, params }),
      headers: request.headers,
      mediaType,
      services,
    };
    const readAtMs = performance.now();
    const answered = async () => {
      // It has hung up while it waited for its turn.
      if (response.destroyed) return CLIENT_CLOSED_REQUEST;
      const handled = route.isHotPath
        ? route.handle(input)
        : asCaller(caller, callOf(requestId), () => handle(request, input));
      const waitedMs = performance.now() - readAtMs;
      const answer = await answerWithin(ANSWER_WITHIN_MS - admittedInMs - waitedMs, handled);
      const text = isList && isData(answer.body) ? await stringifyInTurns(answer.body) : undefined;
      return sendAnswer(response, { route, answer, common, text });
    };
    const status = isPaced ? await callTurns.run(caller, isList ? 'list' : 'other', answered) : await answered();
    services.metrics.httpRequestDuration.observe(
      { ...labels, status },
      (performance.now() - locals.startedAtMs) / 1000,
    );
  };

  async function handle(request: Request, input: HandlerInput<unknown, unknown, unknown>): Promise<Answer> {
    const key = route.makes ? idempotencyKeyOf(request) : undefined;
    if (key === undefined) return route.handle(input);
    const { caller, rawBody } = input;
    const call = { caller, key, requestHash: requestHash(request, rawBody) };
    const { answer, isRepeat } = await services.repeats.answer(call, () => route.handle(input));
    return isRepeat ? { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } } : answer;
  }

  function callOf(requestId: string): CallOfActor {
    return { route: `${route.method.toUpperCase()} ${route.path}`, requestId, onAudited };
  }

  /** Before the body is read: who may not call sends it in vain. */
  async function admit(request: Request, { locals, common }: Admission): Promise<Caller> {
    if (route.access === 'public') {
      admitAnonymous(request, route, deps);
      return ANONYMOUS;
    }
    const found = authenticate(request.headers.authorization);
    const caller = found instanceof Promise ? await answerWithin(ANSWER_WITHIN_MS, found) : found;
    if (!caller) throw new ProblemError({ status: 401, detail: 'Authorization carries no valid key' });
    locals.caller = caller;
    connections.showedKey(request.socket, caller);
    const waitS = rateLimit.take(caller.keyId);
    Object.assign(common, rateLimitHeaders(rateLimit, caller.keyId));
    if (waitS > 0) {
      throw new ProblemError({ status: 429, detail: 'too many calls with this key', retryAfterS: waitS });
    }
    if (!route.access.some((role) => hasRole(caller, role))) {
      throw new ProblemError({ status: 403, detail: `the key has none of the roles ${route.access.join(', ')}` });
    }
    return caller;
  }
}

function isData(body: unknown): boolean {
  return typeof body === 'object' && body !== null && !Buffer.isBuffer(body);
}

function scopeOf({ tenantId, appId, roles, subject }: Caller): Scope {
  if (roles.includes('operator')) return tenantId === null ? { kind: 'all' } : { kind: 'tenant', tenantId };
  // A portal user's key stands for that user, not for the app that all of its users share.
  const forApp = roles.includes('subscriber') && subject === null && tenantId !== null && appId !== null;
  return forApp ? { kind: 'app', tenantId, appId } : NOTHING;
}

function validated(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value, { error: inOurWords });
  if (!result.success) throw invalidInput(result.error);
  return result.data;
}

import type { ErrorRequestHandler, RequestHandler } from 'express';
import { type AnonymousDeps, admitAnonymous } from './anonymous';
import { sendMethods } from './answer';
import { commonHeaders } from './commonHeaders';
import type { Cors } from './cors';
import { isMalformedPath, ProblemError } from './problems';
import type { Route } from './route';

/** All calls that no route takes count as calls of one route without a key: nobody's key is looked up for them. */
const NO_ROUTE = { path: 'none' };

/** Questions for what a path takes: browsers ask without a key, before every call of another origin's page. */
const OPTIONS_ROUTE = { path: 'options' };

function methodsOf(routes: readonly Route[]): string[] {
  return routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
}

/** Answers OPTIONS, and with it what a browser asks before a call. */
export function options(routes: readonly Route[], deps: AnonymousDeps & { cors: Cors }): RequestHandler {
  const methods = methodsOf(routes);
  return (request, response) => {
    admitAnonymous(request, OPTIONS_ROUTE, deps);
    const { headers } = commonHeaders(request, response, deps.cors);
    const common = { ...headers, ...deps.cors.preflight(request, methods) };
    sendMethods(response, { methods: [...methods, 'OPTIONS'], common });
  };
}

export function wrongMethod(routes: readonly Route[], deps: AnonymousDeps): RequestHandler {
  const allow = methodsOf(routes);
  return (request) => {
    admitAnonymous(request, NO_ROUTE, deps);
    throw new ProblemError({ status: 405, detail: `the path takes ${allow.join(', ')}`, allow });
  };
}

const EVERY_METHOD = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export function unknownPath(deps: AnonymousDeps & { cors: Cors }): RequestHandler {
  return (request, response) => {
    admitAnonymous(request, NO_ROUTE, deps);
    if (request.method === 'OPTIONS' && request.url === '*') {
      const { headers: common } = commonHeaders(request, response, deps.cors);
      return sendMethods(response, { methods: EVERY_METHOD, common });
    }
    throw new ProblemError({ status: 404, detail: 'no such path' });
  };
}

export function malformedPath(deps: AnonymousDeps): ErrorRequestHandler {
  return (error, request, _response, _next) => {
    if (!isMalformedPath(error)) throw error;
    admitAnonymous(request, NO_ROUTE, deps);
    throw new ProblemError({ status: 400, detail: 'the path is not percent-encoded as it must be' });
  };
}

import type { ErrorRequestHandler, RequestHandler } from 'express';
import { type AnonymousDeps, admitAnonymous } from './anonymous';
import { isMalformedPath, ProblemError } from './problems';
import type { Route } from './route';

/** All calls that no route takes count as calls of one route without a key: nobody's key is looked up for them. */
const NO_ROUTE = { path: 'none' };

export function wrongMethod(routes: Route[], deps: AnonymousDeps): RequestHandler {
  const allow = routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return (request) => {
    admitAnonymous(request, NO_ROUTE, deps);
    throw new ProblemError({ status: 405, detail: `the path takes ${allow.join(', ')}`, allow });
  };
}

export function unknownPath(deps: AnonymousDeps): RequestHandler {
  return (request) => {
    admitAnonymous(request, NO_ROUTE, deps);
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

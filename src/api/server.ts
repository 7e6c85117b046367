import { randomUUID } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Services } from '../services';
import { askedTogether } from '../services/askedTogether';
import { createAuditLog } from '../services/auditLog';
import { QuotingRefusal } from '../services/errors';
import type { Authenticate } from '../services/keys/authenticate';
import type { Metrics } from '../services/metrics';
import { sendProblem } from './answer';
import { CallerGone } from './body';
import { type ErrorForm, problemForm } from './errorForm';
import { createHoldBack } from './holdBack';
import { INTERFACES } from './interfaces';
import { type Listening, listen } from './listen';
import { isMalformedPath, ProblemError, toProblem } from './problems';
import { createRateLimit } from './rateLimit';
import { readinessInTime } from './readiness';
import { createRefusalLog } from './refusalLog';
import type { Readiness, Route } from './route';
import { docsAsset, docsPage } from './routes/docs/docs';
import { openapiDocument } from './routes/docs/openapiDocument';
import { healthz } from './routes/operations/healthz';
import { metrics } from './routes/operations/metrics';
import { readyz } from './routes/operations/readyz';
import { type Locals, serve } from './serve';

/** What every process answers, whatever its role. */
export const OPERATION_ROUTES: readonly Route[] = [healthz, readyz, metrics];

/** Every route of the API. The first that matches a path answers it. */
export const ROUTES: readonly Route[] = [
  ...INTERFACES.flatMap(({ routes }) => routes),
  ...OPERATION_ROUTES,
  openapiDocument(() => ROUTES),
  docsPage,
  docsAsset,
];

export interface ApiOptions {
  routes: readonly Route[];
  services: Services;
  authenticate: Authenticate;
  readiness(): Promise<Readiness>;
  metrics: Metrics;
  log: Logger;
  maxEventBytes: number;
  /** Calls per second and key; twice as many at once. */
  rateLimitPerKey: number;
}

export interface Api {
  app: Express;
  /** @throws when the port is taken. */
  listen(address: { host: string; port: number }): Promise<Listening>;
}

export function createApi({
  routes,
  services,
  authenticate,
  readiness,
  log,
  maxEventBytes,
  rateLimitPerKey,
  ...options
}: ApiOptions): Api {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.enable('case sensitive routing').enable('strict routing');

  const deps = {
    services: { ...services, readiness: askedTogether(() => readinessInTime(readiness)), metrics: options.metrics },
    authenticate,
    rateLimit: createRateLimit({ perSecond: rateLimitPerKey, burst: 2 * rateLimitPerKey }),
    holdBack: createHoldBack(),
    onAudited: createAuditLog(log),
    maxEventBytes,
  };
  for (const [path, here] of byPath(routes)) {
    const onPath = app.route(path.replace(/\{(\w+)\}/g, ':$1'));
    for (const route of here) {
      if (route.page) onPath[route.method](pageHeaders);
      onPath[route.method](serve(route, deps));
    }
    onPath.all(wrongMethod(here));
  }
  app.use(unknownPath);
  app.use(renderErrors({ log, metrics: options.metrics }));
  return { app, listen: (address) => listen(app, address) };
}

function byPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) {
    const here = paths.get(route.path);
    if (here) here.push(route);
    else paths.set(route.path, [route]);
  }
  return paths;
}

/** Plain HTTP on a loopback address must go on working, so nothing here asks browsers for HTTPS. */
const pageHeaders = helmet({
  contentSecurityPolicy: {
    directives: { 'style-src': ["'self'", "'unsafe-inline'"], 'upgrade-insecure-requests': null },
  },
  strictTransportSecurity: false,
});

function wrongMethod(routes: Route[]): RequestHandler {
  const allow = routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return () => {
    throw new ProblemError({ status: 405, detail: `the path takes ${allow.join(', ')}`, allow });
  };
}

const unknownPath: RequestHandler = () => {
  throw new ProblemError({ status: 404, detail: 'no such path' });
};

/** The one place that answers what was thrown, in the form of the interface that was called. */
function renderErrors({ log, metrics: { httpRequestDuration } }: { log: Logger; metrics: Metrics }) {
  const logRefusal = createRefusalLog(log);
  return (error: unknown, request: Request, response: Response<unknown, Locals>, next: NextFunction): void => {
    if (error instanceof CallerGone) return;
    // An answer that has begun cannot be taken back: Express cuts the connection.
    if (response.headersSent) {
      next(error);
      return;
    }
    const { route, caller, startedAtMs, requestId = randomUUID() } = response.locals;
    const problem = isMalformedPath(error)
      ? { status: 400, detail: 'the path is not percent-encoded as it must be' }
      : toProblem(error);
    const form = route?.form ?? formOf(request.path);
    const status = sendProblem(response, { form, problem, requestId });
    if (route) {
      const labels = { method: route.method, route: route.path, status };
      httpRequestDuration.observe(labels, (performance.now() - startedAtMs) / 1000);
    }
    const line = {
      requestId,
      status,
      method: request.method,
      path: request.path,
      keyId: caller?.keyId,
      detail: problem.cause instanceof QuotingRefusal ? undefined : problem.detail,
    };
    if (problem.status >= 500) log.error({ ...line, err: problem.cause }, 'request.failed');
    else logRefusal(line, { isFree: !caller?.keyId || problem.status === 429 });
  };
}

function formOf(path: string): ErrorForm {
  return INTERFACES.find(({ paths }) => paths.test(path))?.form ?? problemForm;
}

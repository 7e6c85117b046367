import { randomUUID } from 'node:crypto';
import express, {
  type ErrorRequestHandler,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import type { Services } from '../services';
import { askedTogether } from '../services/askedTogether';
import { QuotingRefusal } from '../services/errors';
import type { Authenticate } from '../services/keys/authenticate';
import type { Metrics } from '../services/metrics';
import { type AnonymousDeps, admitAnonymous } from './anonymous';
import { ANONYMOUS_LIMITS, type AnonymousLimits, createAnonymousLimit } from './anonymousLimit';
import { sendProblem } from './answer';
import { CallerGone } from './body';
import { ConnectionShares, SHARE_LIMITS, type ShareLimits } from './connections/connectionShares';
import { createCursorSeal } from './cursors';
import { type ErrorForm, problemForm } from './errorForm';
import { createHoldBack } from './holdBack';
import { INTERFACES } from './interfaces';
import { type ConnectionLimits, LIMITS, type Listening, listen } from './listen';
import { ParseTurns } from './parseTurns';
import { isMalformedPath, ProblemError, toProblem } from './problems';
import { createRateLimit } from './rateLimit';
import { readinessInTime } from './readiness';
import { createRefusalLog } from './refusalLog';
import { bodyLimitBytes, type Readiness, type Route } from './route';
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
  /** Bytes of bodies per second and key; twice as many at once, or one event. */
  rateLimitBytesPerKey: number;
  /** What the cursors' key is derived from. */
  secretsKey: Buffer;
  /** Default: LIMITS. */
  connectionLimits?: ConnectionLimits;
  /** Default: SHARE_LIMITS. */
  shareLimits?: ShareLimits;
  /** Default: ANONYMOUS_LIMITS. */
  anonymousLimits?: AnonymousLimits;
}

export interface Api {
  /** @throws when the port is taken. */
  listen(address: { host: string; port: number }): Promise<Listening>;
}

/** Anybody may ask for /metrics and /readyz: one scrape takes the event loop for 3 ms, one check asks PostgreSQL and Temporal. */
const KEEP_MS = 1000;

export function createApi({
  routes,
  services,
  authenticate,
  readiness,
  log,
  maxEventBytes,
  rateLimitPerKey,
  rateLimitBytesPerKey,
  secretsKey,
  connectionLimits = LIMITS,
  shareLimits = SHARE_LIMITS,
  anonymousLimits = ANONYMOUS_LIMITS,
  ...options
}: ApiOptions): Api {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.enable('case sensitive routing').enable('strict routing');

  const shares = new ConnectionShares(shareLimits);
  const deps = {
    services: {
      ...services,
      readiness: askedTogether(() => readinessInTime(readiness), { keepMs: KEEP_MS }),
      metrics: { ...options.metrics, scrape: askedTogether(() => options.metrics.scrape(), { keepMs: KEEP_MS }) },
    },
    authenticate,
    rateLimit: createRateLimit({ perSecond: rateLimitPerKey, burst: 2 * rateLimitPerKey }),
    byteLimit: createRateLimit({
      perSecond: rateLimitBytesPerKey,
      burst: Math.max(2 * rateLimitBytesPerKey, ...routes.map((route) => bodyLimitBytes(route, maxEventBytes))),
    }),
    takeAnonymous: createAnonymousLimit(anonymousLimits),
    holdBack: createHoldBack(),
    connections: shares,
    cursorSeal: createCursorSeal(secretsKey),
    parseTurns: new ParseTurns(),
    maxEventBytes,
  };
  for (const [path, here] of byPath(routes)) {
    const onPath = app.route(path.replace(/\{(\w+)\}/g, ':$1'));
    for (const route of here) {
      if (route.page) onPath[route.method](pageHeaders);
      onPath[route.method](serve(route, deps));
    }
    onPath.all(wrongMethod(here, deps));
  }
  app.use(unknownPath(deps));
  app.use(malformedPath(deps));
  app.use(renderErrors({ log, metrics: options.metrics }));
  return { listen: (address) => listen(app, address, { limits: connectionLimits, shares }) };
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

/** All calls that no route takes count as calls of one route without a key: nobody's key is looked up for them. */
const NO_ROUTE = 'none';

function wrongMethod(routes: Route[], deps: AnonymousDeps): RequestHandler {
  const allow = routes.flatMap(({ method }) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return async (request) => {
    await admitAnonymous(request, NO_ROUTE, deps);
    throw new ProblemError({ status: 405, detail: `the path takes ${allow.join(', ')}`, allow });
  };
}

function unknownPath(deps: AnonymousDeps): RequestHandler {
  return async (request) => {
    await admitAnonymous(request, NO_ROUTE, deps);
    throw new ProblemError({ status: 404, detail: 'no such path' });
  };
}

function malformedPath(deps: AnonymousDeps): ErrorRequestHandler {
  return async (error, request, _response, _next) => {
    if (!isMalformedPath(error)) throw error;
    await admitAnonymous(request, NO_ROUTE, deps);
    throw new ProblemError({ status: 400, detail: 'the path is not percent-encoded as it must be' });
  };
}

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
    const { route, caller, startedAtMs } = response.locals;
    const problem = toProblem(error);
    const requestId = randomUUID();
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

import express from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { groupBy } from '../domain/groupBy';
import type { Services } from '../services';
import { askedTogether } from '../services/askedTogether';
import { createAuditLog } from '../services/auditLog';
import { CallPaces } from '../services/callPaces';
import type { Authenticate } from '../services/keys/authenticate';
import type { Metrics } from '../services/metrics';
import { LightPublishes } from '../services/writers/lightPublishes';
import { CallTurns } from './callTurns';
import { createCors } from './cors';
import { createCursorSeal } from './cursors';
import { INTERFACES } from './interfaces';
import { type ConnectionLimits, LIMITS, type Listening, listen } from './listen';
import { ListTurns } from './listTurns';
import { asWhileStopping } from './readiness';
import { renderErrors } from './renderErrors';
import type { Readiness, Route } from './route';
import { docsAsset } from './routes/docs/docsAsset';
import { docsPage } from './routes/docs/docsPage';
import { openapiDocument } from './routes/docs/openapiDocument';
import { redirectToDocs } from './routes/docs/redirectToDocs';
import { healthz } from './routes/operations/healthz';
import { livez } from './routes/operations/livez';
import { metrics as metricsRoute } from './routes/operations/metrics';
import { readyz } from './routes/operations/readyz';
import { serve } from './serve';
import { createSharedLimits, type SharedLimitsOptions } from './sharedLimits';
import { malformedPath, options, unknownPath, wrongMethod } from './unrouted';

/** What every process answers, whatever its role. */
export const OPERATION_ROUTES: readonly Route[] = [livez, readyz, healthz, metricsRoute];

/** Every route of the API. The first that matches a path answers it. */
export const ROUTES: readonly Route[] = [
  ...INTERFACES.flatMap(({ routes }) => routes),
  ...OPERATION_ROUTES,
  openapiDocument(() => ROUTES),
  docsPage,
  docsAsset,
  redirectToDocs,
];

export interface ApiOptions extends SharedLimitsOptions {
  routes: readonly Route[];
  services: Services;
  authenticate: Authenticate;
  /** Answers in bounded time, whatever a part does. */
  readiness(): Promise<Readiness>;
  metrics: Metrics;
  log: Logger;
  /** The cursors' key is derived from it. */
  secretsKey: Buffer;
  /** Whose pages may call the interfaces that browsers call; `*` is everybody's. Default: nobody's. */
  corsOrigins?: readonly string[];
  /** The publishes that other calls may not slow. Default: none are known, so nobody is turned down. */
  light?: LightPublishes;
  /** The process stops: it is not ready any more, and every answer ends its connection. Default: it never does. */
  isStopping?(): boolean;
  /** Default: LIMITS. */
  connectionLimits?: ConnectionLimits;
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
  metrics,
  log,
  secretsKey,
  corsOrigins = [],
  light = new LightPublishes(),
  isStopping = () => false,
  connectionLimits = LIMITS,
  ...limits
}: ApiOptions): Api {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.enable('case sensitive routing').enable('strict routing');

  const deps = {
    ...createSharedLimits(limits, routes),
    callTurns: new CallTurns(new CallPaces(light), new ListTurns()),
    services: {
      ...services,
      readiness: asWhileStopping(askedTogether(readiness, { keepMs: KEEP_MS }), isStopping),
      metrics: { ...metrics, scrape: askedTogether(() => metrics.scrape(), { keepMs: KEEP_MS }) },
    },
    authenticate,
    cursorSeal: createCursorSeal(secretsKey),
    cors: createCors(corsOrigins),
    onAudited: createAuditLog(log),
    maxEventBytes: limits.maxEventBytes,
  };
  for (const [path, here] of groupBy(routes, (route) => route.path)) {
    const onPath = app.route(path.replace(/\{(\w+)\}/g, ':$1'));
    for (const route of here) {
      if (route.page) onPath[route.method](pageHeaders);
      onPath[route.method](serve(route, deps));
    }
    onPath.options(options(here, deps)).all(wrongMethod(here, deps));
  }
  app.use(unknownPath(deps));
  app.use(malformedPath(deps));
  app.use(renderErrors({ log, metrics, holdBack: deps.holdBack, cors: deps.cors }));
  return {
    listen: (address) => listen(app, address, { limits: connectionLimits, shares: deps.connections, isStopping }),
  };
}

/** Plain HTTP on a loopback address must go on working, so nothing here asks browsers for HTTPS. */
const pageHeaders = helmet({
  contentSecurityPolicy: {
    directives: { 'style-src': ["'self'", "'unsafe-inline'"], 'upgrade-insecure-requests': null },
  },
  strictTransportSecurity: false,
});

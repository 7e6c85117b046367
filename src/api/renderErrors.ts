import type { NextFunction, Request, Response } from 'express';
import type { Logger } from 'pino';
import type { Caller } from '../services/caller';
import { QuotingRefusal } from '../services/errors';
import type { Metrics } from '../services/metrics';
import { sendProblem } from './answer';
import { CallerGone } from './body';
import { commonHeaders } from './commonHeaders';
import { addressGroup } from './connections/addressGroup';
import type { Cors } from './cors';
import { type ErrorForm, type Problem, problemForm } from './errorForm';
import type { HoldBack } from './holdBack';
import { INTERFACES } from './interfaces';
import { toProblem } from './problems';
import { createRefusalLog } from './refusalLog';
import type { Locals } from './serve';

/** All callers without a valid key together. */
const NOBODY = '';

interface RenderDeps {
  log: Logger;
  metrics: Metrics;
  holdBack: HoldBack;
  cors: Cors;
}

/** The one place that answers what was thrown, in the form of the interface that was called, and when it may be answered. */
export function renderErrors({ log, metrics: { httpRequestDuration }, holdBack, cors }: RenderDeps) {
  const logRefusal = createRefusalLog(log);
  return async (
    error: unknown,
    request: Request,
    response: Response<unknown, Locals>,
    next: NextFunction,
  ): Promise<void> => {
    if (error instanceof CallerGone) return;
    // An answer that has begun cannot be taken back: Express cuts the connection.
    if (response.headersSent) {
      next(error);
      return;
    }
    const { route, caller, startedAtMs } = response.locals;
    const { requestId, headers: common } = commonHeaders(request, response, cors);
    const problem = toProblem(error);
    const heldBack = whoIsHeldBack(problem, { caller, address: request.socket.remoteAddress });
    if (heldBack !== null) await holdBack(heldBack);
    const form = route?.form ?? formOf(request.path);
    const status = sendProblem(response, { form, problem, requestId, common });
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

/** Callers without a valid key share what is answered at once. Null: the refusal cost its caller something, a token at least. */
function whoIsHeldBack(
  { status }: Problem,
  { caller, address }: { caller: Caller | undefined; address: string | undefined },
): string | null {
  if (status === 401) return NOBODY;
  if (status !== 429) return null;
  return caller ? caller.keyId : `address ${addressGroup(address)}`;
}

function formOf(path: string): ErrorForm {
  return INTERFACES.find(({ paths }) => paths.test(path))?.form ?? problemForm;
}

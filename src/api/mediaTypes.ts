import type { Request } from 'express';
import { acceptWithoutParameters, isSupportedJsonApi, JSON_API } from './jsonApiMediaType';
import { ProblemError } from './problems';
import type { Route } from './route';

/**
 * @returns which of the media types that the route produces `Accept` prefers; undefined where it does not name them.
 * @throws ProblemError 415 for a body of a type that the route does not take; 406 when `Accept` excludes all that it gives.
 */
export function requireMediaTypes({ body, consumes, produces }: Route, request: Request): string | undefined {
  const given = request.headers['content-type'];
  if (body && consumes && given !== undefined && !consumes.includes(withoutParameters(given))) {
    throw new ProblemError({ status: 415, detail: `Content-Type must be ${consumes.join(' or ')}` });
  }
  if (given !== undefined && consumes?.includes(JSON_API) && !isSupportedJsonApi(given)) {
    throw new ProblemError({
      status: 415,
      detail: `Content-Type must be ${JSON_API}, without ext and other parameters`,
    });
  }
  if (!produces) return undefined;
  const accepted = acceptable(request, produces);
  if (accepted === false) {
    throw new ProblemError({ status: 406, detail: `the answer is ${produces.join(' or ')}, which Accept excludes` });
  }
  return accepted;
}

function acceptable(request: Request, produces: readonly string[]): string | false {
  const { accept } = request.headers;
  if (accept === undefined || !produces.includes(JSON_API)) return request.accepts([...produces]);
  const kept = acceptWithoutParameters(accept);
  if (kept === null) return false;
  // Express reads the header of what it is called on.
  const asked: Request = Object.create(request, { headers: { value: { ...request.headers, accept: kept } } });
  return asked.accepts([...produces]);
}

function withoutParameters(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase();
}

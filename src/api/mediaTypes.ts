import type { Request } from 'express';
import { ProblemError } from './problems';
import type { Route } from './route';

/** @throws ProblemError 415 for a body of a type that the route does not take; 406 when `Accept` excludes all that it gives. */
export function requireMediaTypes({ body, consumes, produces }: Route, request: Request): void {
  const given = request.headers['content-type'];
  if (body && consumes && given !== undefined && !consumes.includes(withoutParameters(given))) {
    throw new ProblemError({ status: 415, detail: `Content-Type must be ${consumes.join(' or ')}` });
  }
  if (produces && request.accepts([...produces]) === false) {
    throw new ProblemError({ status: 406, detail: `the answer is ${produces.join(' or ')}, which Accept excludes` });
  }
}

function withoutParameters(mediaType: string): string {
  return (mediaType.split(';')[0] ?? '').trim().toLowerCase();
}

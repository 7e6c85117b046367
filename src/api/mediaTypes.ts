import type { Request } from 'express';
import { acceptWithoutParameters, isSupportedJsonApi, JSON_API } from './jsonApiMediaType';
import { ProblemError } from './problems';
import type { Route } from './route';

/**
 * What a JSON body may call itself: JSON, or what programs call a body that they were told nothing about (curl, PHP and
 * `fetch` have these two). Whatever else it says it is, it is not JSON.
 */
const JSON_BODY = /^(?:(?:application|text)\/json|[\w.!#$&^-]+\/[\w.!#$&^-]+\+json)$/;
const UNTOLD: readonly string[] = ['application/x-www-form-urlencoded', 'text/plain', 'application/octet-stream'];

/** Both are UTF-8: every text of ASCII is one of UTF-8 too. */
const CHARSETS: readonly string[] = ['utf-8', 'utf8', 'us-ascii', 'ascii'];

/**
 * @returns which of the media types that the route produces `Accept` prefers; undefined where it does not name them.
 * @throws ProblemError 415 for a body of a type that the route does not take, or in another charset than UTF-8, whose bytes
 * would be taken for other characters; 406 when `Accept` excludes all that the route gives.
 */
export function requireMediaTypes({ body, consumes, produces }: Route, request: Request): string | undefined {
  const given = request.headers['content-type'];
  if (body && given !== undefined) requireContentType(given, consumes);
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

function requireContentType(given: string, consumes: readonly string[] | undefined): void {
  const [type = '', ...parameters] = given.toLowerCase().split(';');
  const mediaType = type.trim();
  const isTaken = consumes ? consumes.includes(mediaType) : JSON_BODY.test(mediaType) || UNTOLD.includes(mediaType);
  if (!isTaken) {
    const detail = `Content-Type must be ${(consumes ?? ['application/json']).join(' or ')}`;
    throw new ProblemError({ status: 415, detail });
  }
  if (consumes?.includes(JSON_API) && !isSupportedJsonApi(given)) {
    throw new ProblemError({
      status: 415,
      detail: `Content-Type must be ${JSON_API}, without ext and other parameters`,
    });
  }
  const charset = parameters.map(charsetOf).find((value) => value !== undefined) ?? 'utf-8';
  if (!CHARSETS.includes(charset)) {
    throw new ProblemError({ status: 415, detail: 'a body must be UTF-8: Content-Type names another charset' });
  }
}

/** `charset="UTF-8"` → `utf-8`. */
function charsetOf(parameter: string): string | undefined {
  const [name = '', value = ''] = parameter.split('=', 2);
  return name.trim() === 'charset' ? value.trim().replace(/^(["'])(.*)\1$/, '$2') : undefined;
}

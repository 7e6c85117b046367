import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { endAnswer } from './endAnswer';
import type { ErrorForm, Problem } from './errorForm';
import type { Answer, Route } from './route';

const JSON_TYPE = 'application/json';

/** An answer is for the one who asked: it can hold secrets, so nothing on the way keeps it. */
const EVERY_ANSWER = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** @param text the body's, where it was made before. */
export function sendAnswer(
  response: ServerResponse,
  { route, answer, common, text }: { route: Route; answer: Answer; common: OutgoingHttpHeaders; text?: string },
): number {
  const { mediaType: usualType = JSON_TYPE, status: usual } = route.success;
  const status = answer.status ?? usual;
  const mediaType = answer.mediaType ?? usualType;
  send(response, { status, mediaType, headers: { ...common, ...answer.headers }, body: answer.body, text });
  return status;
}

/** OPTIONS: what a path takes. */
export function sendMethods(
  response: ServerResponse,
  { methods, common }: { methods: readonly string[]; common: OutgoingHttpHeaders },
): void {
  const headers = { ...common, allow: methods.join(', ') };
  send(response, { status: 204, mediaType: JSON_TYPE, headers, body: undefined });
}

interface Refused {
  form: ErrorForm;
  problem: Problem;
  requestId: string;
  common: OutgoingHttpHeaders;
}

export function sendProblem(response: ServerResponse, { form, problem, requestId, common }: Refused): number {
  const { status, body } = form.render(problem, requestId);
  const headers: OutgoingHttpHeaders = { ...common };
  if (problem.status === 401) headers['www-authenticate'] = 'Bearer';
  if (problem.allow) headers.allow = problem.allow.join(', ');
  if (problem.acceptEncoding) headers['accept-encoding'] = problem.acceptEncoding.join(', ');
  if (problem.retryAfterS !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(problem.retryAfterS)));
  send(response, { status, mediaType: form.mediaType, headers, body });
  return status;
}

interface Outgoing {
  status: number;
  mediaType: string;
  headers: OutgoingHttpHeaders;
  body: unknown;
  /** The body's, where it was made before. */
  text?: string;
}

/** Written in one piece: header and body leave in the same packet. */
function send(response: ServerResponse, { status, mediaType, headers, body, text }: Outgoing): void {
  if (body === undefined) {
    response.writeHead(status, { ...EVERY_ANSWER, ...headers });
    endAnswer(response, undefined);
    return;
  }
  const payload = text ?? (mediaType.endsWith('json') ? JSON.stringify(body) : body);
  if (typeof payload !== 'string' && !Buffer.isBuffer(payload))
    throw new Error(`an answer of ${mediaType} is text or bytes`);
  response.writeHead(status, {
    ...EVERY_ANSWER,
    'content-type': mediaType,
    'content-length': Buffer.byteLength(payload),
    ...headers,
  });
  endAnswer(response, payload);
}

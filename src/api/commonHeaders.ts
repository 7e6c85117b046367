import type { OutgoingHttpHeaders } from 'node:http';
import type { Request, Response } from 'express';
import type { Cors } from './cors';
import { requestIdOf } from './requestId';

/** What the parts of the API that answer a call tell one another about it. */
export interface Answering extends Record<string, unknown> {
  /** As its answer, its audit record and the log say it. */
  requestId?: string;
  /** What its answer says, whatever it is. */
  headers?: OutgoingHttpHeaders;
}

export interface CommonHeaders {
  requestId: string;
  headers: OutgoingHttpHeaders;
}

/** Made once for a call, by whoever needs them first. */
export function commonHeaders(request: Request, { locals }: Response<unknown, Answering>, cors: Cors): CommonHeaders {
  const requestId = locals.requestId ?? requestIdOf(request);
  const headers = locals.headers ?? { 'x-request-id': requestId, ...cors.headers(request) };
  locals.requestId = requestId;
  locals.headers = headers;
  return { requestId, headers };
}

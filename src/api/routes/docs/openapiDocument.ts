import * as z from 'zod';
import { problemForm } from '../../errorForm';
import { buildDocument } from '../../openapi';
import { defineRoute, type Route } from '../../route';

/** `routes` is asked at the first call: this route is one of them. */
export function openapiDocument(routes: () => readonly Route[]): Route {
  let document: unknown;
  return defineRoute({
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    tag: 'Operations',
    access: 'public',
    form: problemForm,
    success: { status: 200, description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.string() }) },
    errors: [],
    async handle() {
      document ??= buildDocument(routes());
      return { body: document };
    },
  });
}

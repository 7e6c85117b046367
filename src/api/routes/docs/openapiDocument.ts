import * as z from 'zod';
import { problemForm } from '../../errorForm';
import { buildDocument } from '../../openapi';
import { defineRoute, type Route } from '../../route';
import { answerStatic, DOCUMENT_COST, madeOnce, makeStatic } from './staticDocument';

/** Text that is JSON already: the plain `application/json` would be made of it once more. */
const READY_JSON = 'application/json; charset=utf-8';

const anyDocument = z
  .looseObject({ openapi: z.string().meta({ description: 'Version of OpenAPI.', example: '3.1.0' }) })
  .meta({ id: 'OpenapiDocument' });

/** `routes` is asked at the first call: this route is one of them. */
export function openapiDocument(routes: () => readonly Route[]): Route {
  const document = madeOnce(() => makeStatic(JSON.stringify(buildDocument(routes())), READY_JSON));
  return defineRoute({
    operationId: 'openapiDocument',
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    tag: 'Operations',
    access: 'public',
    anonymousCost: DOCUMENT_COST,
    form: problemForm,
    success: { status: 200, description: 'OpenAPI 3.1.', schema: anyDocument },
    errors: [],
    async handle({ headers }) {
      return answerStatic(await document(), { headers });
    },
  });
}

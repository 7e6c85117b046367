import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { appAnswer } from '../answers';
import { pageOf, pageQuery, pageRequest, textCursor } from '../shapes';

export const listApps = defineRoute({
  method: 'get',
  path: '/v1/apps',
  summary: 'List apps',
  description: 'Ascending by tenant and id; an operator of one tenant sees the apps of that one.',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  query: pageQuery(z.tuple([textCursor, textCursor])),
  success: { status: 200, description: 'A page of apps.', schema: pageOf(appAnswer) },
  errors: [],
  async handle({ caller, query, services }) {
    return { body: await services.apps.list(caller, pageRequest(query)) };
  },
});

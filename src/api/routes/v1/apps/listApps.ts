import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { appAnswer } from '../answers';
import { pageOf, pageQuery, textKey } from '../shapes';

const appKey = z.tuple([textKey, textKey]);

export const listApps = defineRoute({
  operationId: 'listApps',
  method: 'get',
  path: '/v1/apps',
  summary: 'List apps',
  description: 'Ascending by tenant and id; an operator of one tenant sees the apps of that one.',
  tag: 'Tenants and apps',
  access: ['operator'],
  form: problemForm,
  query: pageQuery,
  success: { status: 200, description: 'A page of apps.', schema: pageOf('AppPage', appAnswer) },
  errors: [],
  async handle({ caller, query, cursors, services }) {
    const page = await services.apps.list(caller, cursors.request(query, appKey));
    return { body: cursors.answer(page) };
  },
});

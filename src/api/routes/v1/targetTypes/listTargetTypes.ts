import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { targetTypeAnswer } from '../answers';
import { pageOf, pageQuery } from '../shapes';

const targetTypeKey = z.int32();

export const listTargetTypes = defineRoute({
  operationId: 'listTargetTypes',
  method: 'get',
  path: '/v1/target-types',
  summary: 'List the catalogue of target types',
  description: 'Ascending by number. A portal subscription names one by its number or its uuid.',
  tag: 'Catalogue',
  access: ['operator', 'subscriber'],
  form: problemForm,
  query: pageQuery,
  success: { status: 200, description: 'A page of target types.', schema: pageOf('TargetTypePage', targetTypeAnswer) },
  errors: [],
  async handle({ query, cursors, services }) {
    const page = await services.targetTypes.list(cursors.request(query, targetTypeKey));
    return { body: cursors.answer(page) };
  },
});

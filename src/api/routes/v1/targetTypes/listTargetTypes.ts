import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { targetTypeAnswer } from '../answers';
import { pageOf, pageQuery, pageRequest } from '../shapes';

export const listTargetTypes = defineRoute({
  method: 'get',
  path: '/v1/target-types',
  summary: 'List the catalogue of target types',
  description: 'Ascending by number.',
  tag: 'Catalogue',
  access: ['operator'],
  form: problemForm,
  query: pageQuery(z.int32()),
  success: { status: 200, description: 'A page of target types.', schema: pageOf(targetTypeAnswer) },
  errors: [],
  async handle({ query, services }) {
    return { body: await services.targetTypes.list(pageRequest(query)) };
  },
});

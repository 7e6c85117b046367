import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { keyAnswer } from '../answers';
import { pageOf, pageQuery, textKey } from '../shapes';

export const listKeys = defineRoute({
  operationId: 'listKeys',
  method: 'get',
  path: '/v1/keys',
  summary: 'List keys',
  description:
    'Without their secrets, revoked ones too; ascending by id. An operator of one tenant sees those of that one.',
  tag: 'Keys',
  access: ['operator'],
  form: problemForm,
  query: pageQuery,
  success: { status: 200, description: 'A page of keys.', schema: pageOf('KeyPage', keyAnswer) },
  errors: [],
  async handle({ caller, query, cursors, services }) {
    const page = await services.keys.list(caller, cursors.request(query, textKey));
    return { body: cursors.answer(page) };
  },
});

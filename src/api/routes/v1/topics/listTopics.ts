import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { topicAnswer } from '../answers';
import { pageOf, pageQuery, pageRequest, textCursor } from '../shapes';

export const listTopics = defineRoute({
  method: 'get',
  path: '/v1/topics',
  summary: 'List the catalogue of topics',
  description: 'Ascending by topic.',
  tag: 'Catalogue',
  access: ['operator'],
  form: problemForm,
  query: pageQuery(textCursor),
  success: { status: 200, description: 'A page of topics.', schema: pageOf(topicAnswer) },
  errors: [],
  async handle({ query, services }) {
    return { body: await services.topics.list(pageRequest(query)) };
  },
});

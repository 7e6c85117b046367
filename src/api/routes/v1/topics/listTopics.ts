import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { topicAnswer } from '../answers';
import { pageOf, pageQuery, textKey } from '../shapes';

export const listTopics = defineRoute({
  operationId: 'listTopics',
  method: 'get',
  path: '/v1/topics',
  summary: 'List the catalogue of topics',
  description: 'Ascending by topic.',
  tag: 'Catalogue',
  access: ['operator'],
  form: problemForm,
  query: pageQuery,
  success: { status: 200, description: 'A page of topics.', schema: pageOf('TopicPage', topicAnswer) },
  errors: [],
  async handle({ query, cursors, services }) {
    const page = await services.topics.list(cursors.request(query, textKey));
    return { body: cursors.answer(page) };
  },
});

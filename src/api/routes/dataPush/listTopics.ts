import * as z from 'zod';
import { dataPushForm } from '../../dataPushForm';
import { defineRoute } from '../../route';
import { topicAnswer } from '../v1/answers';
import { integerText } from '../v1/shapes';

const MAX_CURRENT = 1_000_000_000;
const MAX_PAGE_SIZE = 500;
const DEFAULT_PAGE_SIZE = 20;

export const listTopics = defineRoute({
  method: 'get',
  path: '/topics',
  summary: 'List the topics that can be subscribed',
  description: 'Ascending by topic. Unknown parameters are ignored.',
  tag: 'Data push',
  access: ['operator', 'subscriber'],
  form: dataPushForm,
  query: z.object({
    current: integerText({ min: 1, max: MAX_CURRENT })
      .default(1)
      .meta({ description: 'Number of the page, from 1.', override: { default: 1 } }),
    pageSize: integerText({ min: 1, max: MAX_PAGE_SIZE })
      .default(DEFAULT_PAGE_SIZE)
      .meta({ override: { default: DEFAULT_PAGE_SIZE } }),
  }),
  success: {
    status: 200,
    description: 'A page of topics.',
    schema: z
      .object({
        list: z.array(topicAnswer.omit({ updatedAt: true }).meta({ id: 'BusinessTopic' })),
        pagination: z.object({ current: z.int(), pageSize: z.int(), total: z.int() }),
      })
      .meta({ id: 'BusinessTopics' }),
  },
  errors: [],
  async handle({ query, services }) {
    const { topics, total } = await services.dataPush.listTopics(query);
    const list = topics.map(({ updatedAt: _updatedAt, ...topic }) => topic);
    return { body: { list, pagination: { ...query, total } } };
  },
});

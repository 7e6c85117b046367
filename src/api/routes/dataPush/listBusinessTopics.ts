import * as z from 'zod';
import { dataPushForm } from '../../dataPushForm';
import { defineRoute } from '../../route';
import { topicAnswer } from '../v1/answers';
import { integerText } from '../v1/shapes';

const MAX_CURRENT = 1_000_000_000;
const MAX_PAGE_SIZE = 500;
const DEFAULT_PAGE_SIZE = 20;

const pagination = z
  .object({
    current: z.int().meta({ description: 'Number of the page, from 1.', example: 1 }),
    pageSize: z.int().meta({ description: 'How many topics a page holds at most.', example: DEFAULT_PAGE_SIZE }),
    total: z.int().meta({ description: 'How many topics the catalogue holds.', example: 1 }),
  })
  .meta({ id: 'Pagination', description: 'Which page it is.' });

export const listBusinessTopics = defineRoute({
  operationId: 'listBusinessTopics',
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
      .meta({ description: 'Number of the page, from 1.', override: { default: 1 }, example: 1 }),
    pageSize: integerText({ min: 1, max: MAX_PAGE_SIZE })
      .default(DEFAULT_PAGE_SIZE)
      .meta({
        description: 'How many topics a page holds at most.',
        override: { default: DEFAULT_PAGE_SIZE },
        example: DEFAULT_PAGE_SIZE,
      }),
  }),
  success: {
    status: 200,
    description: 'A page of topics.',
    schema: z
      .object({
        list: z
          .array(topicAnswer.omit({ updatedAt: true }).meta({ id: 'BusinessTopic' }))
          .meta({ description: 'The topics of the page.' }),
        pagination,
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

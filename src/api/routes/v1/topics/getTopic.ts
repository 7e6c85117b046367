import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { defineRoute } from '../../../route';
import { topicAnswer } from '../answers';
import { topic } from '../shapes';

export const getTopic = defineRoute({
  operationId: 'getTopic',
  method: 'get',
  path: '/v1/topics/{topic}',
  summary: 'Read an entry of the catalogue of topics',
  tag: 'Catalogue',
  access: ['operator'],
  form: problemForm,
  params: z.object({ topic }),
  success: { status: 200, description: 'The topic.', schema: topicAnswer },
  errors: [404],
  async handle({ params, services }) {
    return { body: await services.topics.read(params.topic) };
  },
});

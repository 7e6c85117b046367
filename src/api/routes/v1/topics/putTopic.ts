import * as z from 'zod';
import { problemForm } from '../../../errorForm';
import { locationOf } from '../../../location';
import { ignored, readOnly, requireUnchanged } from '../../../readOnly';
import { defineRoute } from '../../../route';
import { topicAnswer } from '../answers';
import { description, name, topic } from '../shapes';

export const putTopic = defineRoute({
  operationId: 'putTopic',
  method: 'put',
  path: '/v1/topics/{topic}',
  summary: 'Put a topic into the catalogue, or replace its entry',
  description: 'The catalogue is one for the installation. By an operator of the installation.',
  tag: 'Catalogue',
  access: ['operator'],
  form: problemForm,
  params: z.object({ topic }),
  body: z
    .strictObject({
      name: name.meta({ example: 'Orders' }),
      description,
      historyRequired: z.boolean().default(true).meta({
        description: 'Whether ordered pushes are held until the subscriber has processed the history.',
        example: false,
      }),
      topic: readOnly,
      createdAt: ignored,
      updatedAt: ignored,
    })
    .meta({ id: 'TopicEntry' }),
  success: { status: 200, description: 'Replaced.', schema: topicAnswer },
  otherAnswers: { 201: { description: 'Made.', schema: topicAnswer } },
  errors: [],
  async handle({ caller, params, body, services }) {
    const { description = null, topic, createdAt: _made, updatedAt: _changed, ...entry } = body;
    requireUnchanged({ topic }, params);
    const put = await services.topics.put(caller, { ...params, ...entry, description });
    return put.created
      ? { status: 201, headers: locationOf('v1', 'topics', params.topic), body: put.topic }
      : { body: put.topic };
  },
});

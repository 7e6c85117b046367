import * as z from 'zod';
import { dataPushForm } from '../../dataPushForm';
import { defineRoute } from '../../route';
import { appId, TOPIC_LIST_BODY_BYTES, tenantId } from '../v1/shapes';
import { topicList } from './shapes';

export const processTopicHistory = defineRoute({
  operationId: 'processTopicHistory',
  method: 'post',
  path: '/topics/historyProcessed',
  summary: 'Say that the history of topics has been processed',
  description:
    'What is held of them is pushed. Topics that are not subscribed, or processed already, stay as they are. Unknown ' +
    'fields are ignored.',
  tag: 'Data push',
  access: ['operator', 'subscriber'],
  form: dataPushForm,
  bodyLimit: TOPIC_LIST_BODY_BYTES,
  body: z.object({ tenantId, appId, topicList }).meta({
    id: 'ProcessedHistory',
    example: { tenantId: 'acme', appId: 'shop', topicList: ['orders'] },
  }),
  success: {
    status: 200,
    description: 'Done.',
    schema: z
      .object({ data: z.literal(true).meta({ description: 'Always true: the call succeeded.', example: true }) })
      .meta({ id: 'HistoryProcessed' }),
  },
  errors: [404],
  async handle({ caller, body: { topicList: topics, ...app }, services }) {
    await services.dataPush.processHistory({ caller, app, topicList: topics ?? [] });
    return { body: { data: true } };
  },
});

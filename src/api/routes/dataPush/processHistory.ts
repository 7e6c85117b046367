import * as z from 'zod';
import { dataPushForm } from '../../dataPushForm';
import { defineRoute } from '../../route';
import { namedId, TOPIC_LIST_BODY_BYTES } from '../v1/shapes';
import { topicList } from './shapes';

export const processHistory = defineRoute({
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
  body: z.object({ tenantId: namedId, appId: namedId, topicList }).meta({
    id: 'ProcessedHistory',
    example: { tenantId: 'dt', appId: 'App_ca4f1aeb382142849cebadb8b780c9ed', topicList: ['gs'] },
  }),
  success: {
    status: 200,
    description: 'Done.',
    schema: z.object({ data: z.literal(true) }).meta({ id: 'HistoryProcessed' }),
  },
  errors: [404],
  async handle({ caller, body: { tenantId, appId, topicList: topics }, services }) {
    await services.dataPush.processHistory({ caller, app: { tenantId, appId }, topicList: topics ?? [] });
    return { body: { data: true } };
  },
});

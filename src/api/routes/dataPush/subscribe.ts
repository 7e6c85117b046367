import * as z from 'zod';
import { answerOnce } from '../../../services/repeats';
import { dataPushForm } from '../../dataPushForm';
import { defineRoute } from '../../route';
import { callbackUrl, namedId, TOPIC_LIST_BODY_BYTES } from '../v1/shapes';
import { topicList } from './shapes';

export const subscribe = defineRoute({
  method: 'post',
  path: '/topics/subscribe',
  summary: 'Register for topics',
  description:
    'From the answer on, every matching event is kept for the app; of a topic with `historyStatus` false it is held until ' +
    '`historyProcessed`. Overwrites an earlier registration: topics that stay keep their status, what is undelivered of ' +
    'the others is cancelled. Without `topicList`, the topics stay as they are. Unknown fields are ignored.',
  tag: 'Data push',
  access: ['operator', 'subscriber'],
  form: dataPushForm,
  makes: true,
  bodyLimit: TOPIC_LIST_BODY_BYTES,
  body: z.object({ tenantId: namedId, appId: namedId, webhookUrl: callbackUrl, topicList }).meta({
    id: 'Registration',
    example: {
      tenantId: 'dt',
      appId: 'App_ca4f1aeb382142849cebadb8b780c9ed',
      webhookUrl: 'https://receiver.example/push',
      topicList: ['gs'],
    },
  }),
  success: {
    status: 200,
    description: 'Registered.',
    schema: z
      .object({
        appRegisterId: z.int().meta({ description: 'Of the app: the same on every call.', example: 2646255255224320 }),
        topicHistoryStatusList: z
          .array(z.object({ topic: z.string(), historyStatus: z.boolean() }))
          .meta({ description: 'Each topic that is subscribed now.' }),
      })
      .meta({ id: 'Registered' }),
  },
  errors: [404, 409],
  async handle({ caller, body: { tenantId, appId, webhookUrl, topicList: topics }, services }) {
    const app = { tenantId, appId };
    return answerOnce(
      () => services.dataPush.register({ caller, app, webhookUrl, topicList: topics ?? [] }),
      (registered) => ({ body: registered }),
    );
  },
});

import * as z from 'zod';
import { answerOnce } from '../../../services/repeats';
import { dataPushForm } from '../../dataPushForm';
import { defineRoute } from '../../route';
import { appId, callbackUrl, TOPIC_LIST_BODY_BYTES, tenantId } from '../v1/shapes';
import { topicList } from './shapes';

const topicHistory = z
  .object({
    topic: z.string().meta({ description: 'The topic.', example: 'orders' }),
    historyStatus: z.boolean().meta({
      description: 'Whether events are pushed; false: they are held until `historyProcessed`.',
      example: false,
    }),
  })
  .meta({ id: 'TopicHistory' });

export const subscribeTopics = defineRoute({
  operationId: 'subscribeTopics',
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
  body: z.object({ tenantId, appId, webhookUrl: callbackUrl, topicList }).meta({
    id: 'Registration',
    example: {
      tenantId: 'acme',
      appId: 'shop',
      webhookUrl: 'http://127.0.0.1:9000/push',
      topicList: ['orders'],
    },
  }),
  success: {
    status: 200,
    description: 'Registered.',
    schema: z
      .object({
        appRegisterId: z.int().meta({
          description: 'Number of the app, below 2^53: the same on every call.',
          example: 2646255255224320,
        }),
        topicHistoryStatusList: z.array(topicHistory).meta({ description: 'Each topic that is subscribed now.' }),
      })
      .meta({ id: 'Registered' }),
  },
  errors: [404, 409],
  async handle({ caller, body: { webhookUrl, topicList: topics, ...app }, services }) {
    return answerOnce(
      () => services.dataPush.register({ caller, app, webhookUrl, topicList: topics ?? [] }),
      (registered) => ({ body: registered }),
    );
  },
});
